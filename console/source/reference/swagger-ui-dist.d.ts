// What this page uses of Swagger UI, whose package has no types. Its options: docs/usage/configuration.md of swagger-ui.
declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  export default function SwaggerUI(options: Readonly<Record<string, string | number | boolean | null>>): void;
}
