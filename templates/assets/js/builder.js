// #builder: when its rows are drawn anew because something was chosen, what is typed meanwhile stays.
export function watchBuilder() {
  let asked = new Map(); // what was sent, by the id of the field
  let typed = [];
  const texts = () => [...document.querySelectorAll('#builder input[type="text"][id]')];
  document.addEventListener('htmx:beforeRequest', ({ detail }) => {
    if (detail.target.id === 'builder') {
      // A button may move rows, and their ids with them.
      asked = new Map(detail.elt.matches('select') ? texts().map(({ id, value }) => [id, value]) : []);
    }
  });
  document.addEventListener('htmx:beforeSwap', ({ detail }) => {
    typed = detail.target.id === 'builder' ? texts().filter(({ id, value }) => asked.has(id) && asked.get(id) !== value) : [];
  });
  document.addEventListener('htmx:afterSwap', () => {
    for (const { id, value } of typed.splice(0)) {
      const field = document.getElementById(id);
      if (field) {
        field.value = value;
      }
    }
  });
}
