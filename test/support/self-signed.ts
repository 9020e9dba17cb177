// A certificate for receiver.example that signed itself, and its key: for receivers of tests that speak TLS.
// It guards nothing and is trusted by nobody but the test that names it. Good for a hundred years.

export const selfSigned = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBqTCCAVCgAwIBAgIUaiZ7OXzCzqOhhA4jzt5akQHB8+EwCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQcmVjZWl2ZXIuZXhhbXBsZTAgFw0yNjExMjIxNjE0MDFaGA8y
MTI2MTAyOTE2MTQwMVowGzEZMBcGA1UEAwwQcmVjZWl2ZXIuZXhhbXBsZTBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABINAhw+O+t/xVh+kYBYBXBSeKfRcOUtXWAGE
QhwUAIURy//O3Aq89qSJ+NC23ghD+e/8GRnjFbr9G1LDeDviJ+qjcDBuMB0GA1Ud
DgQWBBRfBpYQp0mGpH38Letwa1h6F/3uQzAfBgNVHSMEGDAWgBRfBpYQp0mGpH38
Letwa1h6F/3uQzAPBgNVHRMBAf8EBTADAQH/MBsGA1UdEQQUMBKCEHJlY2VpdmVy
LmV4YW1wbGUwCgYIKoZIzj0EAwIDRwAwRAIgCXqzM5IBuEpsTMEQMCCqM6oOUhEg
iK/3V8Jt5Ryyh3oCIGDdUVgPICo2sJK2yh94hF9EN2xXp0fBF5sqVD99X3Ej
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJ/DFKIyvjIMdqmTR
wXtGco2iDk7p6EXi/ZztpwPoOWyhRANCAASDQIcPjvrf8VYfpGAWAVwUnin0XDlL
V1gBhEIcFACFEcv/ztwKvPakifjQtt4IQ/nv/BkZ4xW6/RtSw3g74ifq
-----END PRIVATE KEY-----
`,
} as const;
