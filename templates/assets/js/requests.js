// htmx; how it is set stands in the head of every page (layout.html): the content security policy allows
// neither inline styles nor eval, pages are never kept in storage, and a refused form comes back with what is
// wrong in it. A script of its own: see later.js.
export { default } from 'htmx.org/dist/htmx.esm.js';
