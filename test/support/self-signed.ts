// A certificate for receiver.example.com that signed itself, and its key: for receivers of tests that speak TLS.
// It guards nothing, and only the test that names it trusts it. Valid for a hundred years.

export const selfSigned = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBtjCCAVygAwIBAgIUUGSxpzYkLFyxi+40CmrcJ0UoVKYwCgYIKoZIzj0EAwIw
HzEdMBsGA1UEAwwUcmVjZWl2ZXIuZXhhbXBsZS5jb20wIBcNMjYxMTI4MDEwMzUx
WhgPMjEyNjExMDQwMTAzNTFaMB8xHTAbBgNVBAMMFHJlY2VpdmVyLmV4YW1wbGUu
Y29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEdfmu5Dv/Ubtpf8OgYjqX1/KF
gc4cIEcleX6L1AFhAXzDhRamlqUNNHfFmHuao4bEcG+jKh8o+zT4L3EiuQV8paN0
MHIwHQYDVR0OBBYEFFPw9H/sBfCzSZtzg26IsGcJOYV6MB8GA1UdIwQYMBaAFFPw
9H/sBfCzSZtzg26IsGcJOYV6MA8GA1UdEwEB/wQFMAMBAf8wHwYDVR0RBBgwFoIU
cmVjZWl2ZXIuZXhhbXBsZS5jb20wCgYIKoZIzj0EAwIDSAAwRQIgZna67sHFf3vE
f+6JSix30GYfCiqJAbXNL0rap81ShKUCIQD+M+5tTO7rFhxB9NhAbRwh8wWGOi2v
5epS7PtNI8KMMQ==
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgNtW/JEeWD3johCO5
ecGZpHx8LpzPMvRfv+EWAVhMpW6hRANCAAR1+a7kO/9Ru2l/w6BiOpfX8oWBzhwg
RyV5fovUAWEBfMOFFqaWpQ00d8WYe5qjhsRwb6MqHyj7NPgvcSK5BXyl
-----END PRIVATE KEY-----
`,
} as const;
