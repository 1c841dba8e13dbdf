// The peers of enrich.parallel, in a process of their own: company sites that answer after half a second, with
// a robots.txt, a home page of some 30 KB, an icon, and pages for contact and imprint. Prints the port and the
// file of its certificate authority.

import { makeAuthority, serveSites } from '../lib/sites.mjs';

const delay = Number(process.argv[2]);
const authority = await makeAuthority(['*.enrich-bench.com', '*.www.enrich-bench.com']);
const icon = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const filler = Array.from({ length: 300 }, (_, i) => `<div class="row r${i}"><a href="/products/${i}">Product ${i}</a><p>Made of iron.</p></div>`).join('\n');
const home = (host) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Home | ${host} Works</title>
<meta name="description" content="Anvils since 1949"><meta property="og:site_name" content="${host} Works">
<link rel="icon" sizes="96x96" href="/icon.png"><script src="/wp-content/a.js"></script><script type="application/ld+json">
{"@context":"https://schema.org","@type":"Organization","name":"${host} Works Ltd","url":"https://${host}/","telephone":"+44 20 7946 0000",
"address":{"@type":"PostalAddress","streetAddress":"1 Forge Road","addressLocality":"London","addressCountry":"GB"},
"sameAs":["https://www.linkedin.com/company/${host.split('.')[0]}","https://x.com/anvils"]}</script></head>
<body><nav><a href="/contact">Contact</a><a href="/imprint">Imprint</a></nav>${filler}</body></html>`;
const pages = {
    '/': ({ headers: { host } }) => ['text/html; charset=utf-8', home(host)],
    '/icon.png': () => ['image/png', icon],
    '/contact': ({ headers: { host } }) => ['text/html', `<title>Contact</title><p>info@${host}</p><a href="tel:+442079460000">Call</a>`],
    '/imprint': ({ headers: { host } }) => ['text/html', `<title>Imprint</title><p>${host} Works Ltd</p>`],
    '/robots.txt': () => ['text/plain', 'User-agent: *\nDisallow: /private/\n'],
};
const site = (request, response) => setTimeout(() => {
    const page = pages[request.url]?.(request);
    response.writeHead(page ? 200 : 404, { 'Content-Type': page?.[0] ?? 'text/plain', Server: 'nginx' }).end(page?.[1]);
}, delay);
site.robots = site;
const { port } = await serveSites(authority, new Proxy({}, { get: () => site }));
console.log(JSON.stringify({ port, ca: authority.file }));
