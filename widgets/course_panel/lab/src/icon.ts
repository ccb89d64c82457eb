import { LabIcon } from "@jupyterlab/ui-components";

// Layers of a network, the last of them taken over into a new one.
const svgstr = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <rect x="3" y="3" width="3.5" height="18" rx="1"/>
    <rect x="8.5" y="6" width="3.5" height="12" rx="1"/>
    <path d="M14 11h3.2V7.8L22 12l-4.8 4.2V13H14z"/>
  </g>
</svg>`;

export const courseIcon = new LabIcon({ name: "tlnb:course", svgstr });
