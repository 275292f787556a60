// Light, dark, or as the system has it: kept for each person.

import { state } from "./state.js";

const THEMES = ["auto", "light", "dark"];

export const nextTheme = () => state.choose({ theme: THEMES[(THEMES.indexOf(state.chosen.theme) + 1) % 3] });

export function theme() {
  const apply = () => {
    document.documentElement.dataset.theme = state.chosen.theme;
  };
  state.addEventListener("chosen", apply);
  apply();
}
