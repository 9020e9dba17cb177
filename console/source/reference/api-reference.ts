// The API's reference page, `/console/api`: Swagger UI over the relay's own /openapi.json. Its calls go to this relay with
// the key that the reader enters, which stays in the page's memory.
import 'swagger-ui-dist/swagger-ui.css';
import './api-reference.css';
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';

SwaggerUI({
  url: '/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: 'list',
  filter: true,
  tryItOutEnabled: true,
  // Its default sends the document's address to a service elsewhere.
  validatorUrl: null,
});
