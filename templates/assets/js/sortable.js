// SortableJS, with what is used of it here. A script of its own: see later.js.
import Sortable, { AutoScroll } from 'sortablejs/modular/sortable.core.esm.js';

Sortable.mount(new AutoScroll());

export default Sortable;
