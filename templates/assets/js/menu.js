// Menus are <details>, which open by themselves; this closes them, and keeps them inside the window.
const open = () => document.querySelectorAll('details.menu[open]');

export function watchMenus() {
  document.addEventListener('click', ({ target }) => {
    for (const menu of open()) {
      if (!menu.contains(target)) {
        menu.open = false;
      }
    }
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') {
      return;
    }
    for (const menu of open()) {
      event.preventDefault();
      event.stopPropagation();
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) {
        menu.querySelector('summary').focus();
      }
    }
  }, true);
}
