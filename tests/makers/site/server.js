// The shop for the demo's evidence: a few small pages behind TLS, on this machine only.
const fs = require('fs');
const https = require('https');
const path = require('path');
const { pages, statuses } = require('./pages');

const pem = fs.readFileSync(process.env.SHOP_PEM);
const types = { pdf: 'application/pdf', html: 'text/html; charset=utf-8' };

https
  .createServer({ key: pem, cert: pem }, (request, response) => {
    const url = new URL(request.url, 'https://shop.acme.example');
    const page = pages[url.pathname];
    const type = types[path.extname(url.pathname).slice(1)] ?? types.html;
    response.writeHead(page ? (statuses[url.pathname] ?? 200) : 404, { 'Content-Type': type });
    response.end(page ? page(url.searchParams) : 'There is no such page.');
  })
  .listen(Number(process.env.SHOP_PORT), '127.0.0.1');
