// A colour of the page's, as its style sheet has it now.

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
