// <details class="picks">: what is ticked in its list is said on its button.
export function watchPicks() {
  document.addEventListener('change', ({ target }) => {
    const picks = target.closest('.picks');
    if (picks) {
      const names = [...picks.querySelectorAll(':checked + span')].map((span) => span.textContent);
      picks.querySelector('[data-picked]').textContent = names.join(', ') || 'Choose …';
    }
  });
}
