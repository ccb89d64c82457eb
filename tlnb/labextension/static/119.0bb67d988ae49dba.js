"use strict";(self.rspackChunktlnb=self.rspackChunktlnb||[]).push([[119],{25(n,t,e){var r=e(26),a=e.n(r),o=e(27),l=(e.n(o))()(a());l.push([n.id,`/* ../../shared/theme.css */
.tlnb-control {
  --tlnb-ink: var(--jp-ui-font-color1, var(--vscode-foreground, light-dark(#212121, #e8e8e8)));
  --tlnb-paper: var(--jp-layout-color1, var(--vscode-editor-background, light-dark(#fff, #181818)));
  --tlnb-raised: var(--jp-layout-color2, var(--vscode-input-background, light-dark(#eee, #2c2c2c)));
  --tlnb-line: var(--jp-border-color1, var(--vscode-panel-border, light-dark(#bdbdbd, #616161)));
  --tlnb-accent: #0b5fa5;
  --tlnb-on-accent: #fff;
  --tlnb-warn: #b3400a;
  --tlnb-good: #00694d;
  --tlnb-frozen: #56b4e9;
  box-sizing: border-box;
  color: var(--tlnb-ink);
  background: var(--tlnb-paper);
  font-family: var(--jp-ui-font-family, var(--vscode-font-family, system-ui, sans-serif));
  font-size: 14px;
  line-height: 1.4;
  max-width: 62em;
  padding: 8px 4px;
  container-type: inline-size;
}
.tlnb-control[data-dark] {
  --tlnb-accent: #7cc0f5;
  --tlnb-on-accent: #101010;
  --tlnb-warn: #ff9a66;
  --tlnb-good: #5fd3ae;
  color-scheme: dark;
}
.tlnb-control *,
.tlnb-control *::before {
  box-sizing: border-box;
}
.tlnb-title {
  font-size: 15px;
  font-weight: 600;
  margin: 0;
}
.tlnb-says {
  margin: 2px 0 8px;
  max-width: 50em;
}
.tlnb-bar {
  display: flex;
  flex-wrap: wrap;
  gap: 6px;
  align-items: center;
  margin: 8px 0;
}
.tlnb-bar > .tlnb-gap {
  flex: 1;
}
.tlnb-button {
  min-width: 44px;
  min-height: 44px;
  padding: 4px 12px;
  font: inherit;
  color: var(--tlnb-ink);
  background: var(--tlnb-raised);
  border: 1px solid var(--tlnb-line);
  border-radius: 4px;
  cursor: pointer;
}
.tlnb-number {
  min-height: 44px;
  padding: 4px 8px;
  font: inherit;
  color: inherit;
  background: var(--tlnb-raised);
  border: 1px solid var(--tlnb-line);
  border-radius: 4px;
}
.tlnb-button:hover:not(:disabled) {
  border-color: var(--tlnb-ink);
}
.tlnb-button[aria-pressed=true],
.tlnb-button.tlnb-first {
  color: var(--tlnb-on-accent);
  background: var(--tlnb-accent);
  border-color: var(--tlnb-accent);
}
.tlnb-button:disabled {
  opacity: 0.5;
  cursor: default;
}
.tlnb-control :focus-visible {
  outline: 3px solid var(--tlnb-accent);
  outline-offset: 2px;
}
.tlnb-table {
  border-collapse: collapse;
  font-variant-numeric: tabular-nums;
}
.tlnb-table th,
.tlnb-table td {
  padding: 2px 12px 2px 0;
  text-align: left;
  vertical-align: top;
  font-weight: normal;
}
.tlnb-table td {
  text-align: right;
}
.tlnb-table th[scope=col] {
  font-weight: 600;
}
.tlnb-error,
.tlnb-away {
  color: var(--tlnb-warn);
  margin: 6px 0;
}
.tlnb-error:empty,
.tlnb-away:empty {
  display: none;
}
.tlnb-code {
  max-height: 24em;
  overflow: auto;
  margin: 4px 0;
  padding: 8px;
  font: 12.5px/1.45 var(--jp-code-font-family, var(--vscode-editor-font-family, ui-monospace, monospace));
  background: var(--tlnb-raised);
  border: 1px solid var(--tlnb-line);
  white-space: pre;
}
.tlnb-spoken {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
.tlnb-control details > summary {
  min-height: 44px;
  display: flex;
  align-items: center;
  gap: 6px;
  cursor: pointer;
}
.tlnb-control details > summary::before {
  content: "▸";
}
.tlnb-control details[open] > summary::before {
  content: "▾";
}
@media (prefers-reduced-motion: no-preference) {
  .tlnb-button,
  .tlnb-moves {
    transition: background-color 0.12s, opacity 0.12s;
  }
}
@media (forced-colors: active) {
  .tlnb-control,
  .tlnb-control[data-dark] {
    --tlnb-ink: CanvasText;
    --tlnb-paper: Canvas;
    --tlnb-raised: Canvas;
    --tlnb-line: GrayText;
    --tlnb-accent: Highlight;
    --tlnb-on-accent: HighlightText;
    --tlnb-warn: CanvasText;
    --tlnb-good: CanvasText;
  }
  .tlnb-button[aria-pressed=true],
  .tlnb-button.tlnb-first {
    forced-color-adjust: none;
    background: Highlight;
    color: HighlightText;
  }
}

/* ../style.css */
.tlnb-course-panel.tlnb-control {
  max-width: 60em;
  padding: 8px 12px 16px;
  [hidden] {
    display: none !important;
  }
  h4,
  h5 {
    margin: 0;
    font: inherit;
  }
  h4 {
    font-weight: 600;
  }
  p {
    margin: 2px 0;
    overflow-wrap: anywhere;
  }
  ul {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  .tlnb-says:empty,
  .tlnb-said:empty,
  .tlnb-mark:empty {
    display: none;
  }
  .tlnb-says {
    display: none;
  }
  > .tlnb-bar:first-child {
    margin: 0 0 8px;
  }
  .tlnb-button {
    min-height: 40px;
    text-decoration: none;
    line-height: 1.25;
  }
  a.tlnb-button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
  }
  .tlnb-facts,
  .tlnb-note {
    font-size: 12.5px;
    opacity: 0.85;
  }
  .tlnb-said {
    padding: 6px 10px;
    margin: 0 0 8px;
    border-left: 3px solid var(--tlnb-good);
    background: var(--tlnb-raised);
  }
  .tlnb-problems:not(:empty) {
    padding: 6px 10px;
    margin: 0 0 8px;
    border-left: 3px solid var(--tlnb-warn);
    background: var(--tlnb-raised);
    font-size: 13px;
  }
  .tlnb-part {
    margin-top: 20px;
  }
  .tlnb-code {
    white-space: pre-wrap;
  }
  .tlnb-link {
    min-height: 28px;
    padding: 2px 0;
    font: inherit;
    font-size: 13px;
    color: var(--tlnb-accent);
    background: none;
    border: 0;
    text-decoration: underline;
    text-underline-offset: 2px;
    cursor: pointer;
  }
  .tlnb-progress {
    height: 4px;
    border-radius: 2px;
    background: var(--tlnb-line);
    overflow: hidden;
  }
  .tlnb-progress > span {
    display: block;
    height: 100%;
    background: var(--tlnb-accent);
    border-radius: 2px;
  }
  .tlnb-next {
    padding: 12px;
    background: var(--tlnb-raised);
    border-radius: 8px;
  }
  .tlnb-over {
    font-size: 12.5px;
    font-weight: 600;
    color: var(--tlnb-accent);
  }
  .tlnb-nextname {
    font-size: 16px;
    font-weight: 600;
    line-height: 1.3;
  }
  .tlnb-next .tlnb-first {
    width: 100%;
    max-width: 26em;
    margin: 10px 0 12px;
    font-weight: 600;
  }
  .tlnb-heading {
    display: flex;
    align-items: center;
    gap: 6px;
    margin-bottom: 4px;
  }
  .tlnb-heading h4 {
    flex: 1;
  }
  .tlnb-heading select {
    min-height: 32px;
    padding: 2px 4px;
    font-size: 13px;
  }
  .tlnb-chapter {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0 8px;
    width: 100%;
    min-height: 44px;
    padding: 10px 4px 8px 22px;
    position: relative;
    font: inherit;
    text-align: start;
    color: inherit;
    background: none;
    border: 0;
    border-top: 1px solid var(--tlnb-line);
    cursor: pointer;
  }
  .tlnb-chapter::before {
    content: "▸";
    position: absolute;
    left: 4px;
    font-size: 13px;
  }
  .tlnb-chapter[aria-expanded=true]::before {
    content: "▾";
  }
  .tlnb-chapter .tlnb-name {
    flex: 1 1 8em;
    font-weight: 600;
  }
  .tlnb-fold[data-written=false] .tlnb-chapter .tlnb-name {
    font-weight: normal;
    opacity: 0.8;
  }
  .tlnb-chapter:hover,
  .tlnb-face:is(button):hover,
  .tlnb-more:hover {
    background: var(--tlnb-raised);
  }
  .tlnb-fold ul {
    padding-bottom: 8px;
  }
  .tlnb-lesson {
    border-radius: 6px;
  }
  .tlnb-lesson[aria-current] {
    box-shadow: inset 3px 0 var(--tlnb-accent);
  }
  .tlnb-lesson:has(.tlnb-details:not([hidden])) {
    background: color-mix(in srgb, var(--tlnb-raised) 55%, transparent);
  }
  .tlnb-row {
    display: flex;
    align-items: stretch;
  }
  .tlnb-face {
    flex: 1;
    min-width: 0;
    min-height: 44px;
    display: flex;
    gap: 8px;
    padding: 6px 4px 6px 6px;
    font: inherit;
    line-height: 1.35;
    text-align: start;
    color: inherit;
    background: none;
    border: 0;
    border-radius: 6px;
  }
  button.tlnb-face {
    cursor: pointer;
  }
  button.tlnb-face:hover .tlnb-name {
    text-decoration: underline;
    text-underline-offset: 2px;
  }
  .tlnb-sign {
    flex: none;
    width: 14px;
    text-align: center;
  }
  .tlnb-lesson[data-status=done] .tlnb-face > .tlnb-sign {
    color: var(--tlnb-good);
  }
  .tlnb-lesson[data-status=begun] .tlnb-face > .tlnb-sign {
    color: var(--tlnb-accent);
  }
  .tlnb-lesson[data-written=false] {
    opacity: 0.8;
  }
  .tlnb-lesson[data-written=false] .tlnb-sign {
    visibility: hidden;
  }
  .tlnb-words {
    min-width: 0;
    display: flex;
    flex-direction: column;
    overflow-wrap: anywhere;
  }
  .tlnb-line {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px 6px;
  }
  .tlnb-mark {
    padding: 0 6px;
    font-size: 11.5px;
    line-height: 16px;
    border: 1px solid var(--tlnb-line);
    border-radius: 8px;
    white-space: nowrap;
  }
  .tlnb-here {
    color: var(--tlnb-accent);
    border-color: var(--tlnb-accent);
  }
  .tlnb-more {
    flex: none;
    width: 40px;
    min-height: 44px;
    padding: 0;
    font: inherit;
    font-size: 18px;
    color: inherit;
    background: none;
    border: 0;
    border-radius: 6px;
    cursor: pointer;
  }
  .tlnb-more::before {
    content: "⋯";
  }
  .tlnb-more[aria-expanded=true]::before {
    content: "✕";
    font-size: 14px;
  }
  .tlnb-details,
  .tlnb-run {
    padding: 2px 8px 10px 28px;
  }
  .tlnb-details .tlnb-bar {
    margin: 8px 0 0;
  }
  .tlnb-details .tlnb-button {
    padding: 4px 10px;
    font-size: 13px;
  }
  .tlnb-asks {
    margin-top: 8px;
    padding: 8px 10px;
    border: 1px solid var(--tlnb-warn);
    border-radius: 6px;
  }
  .tlnb-list {
    display: grid;
    grid-template-columns: minmax(5em, max-content) 1fr;
    gap: 2px 12px;
    margin: 4px 0;
    font-size: 13px;
    font-variant-numeric: tabular-nums;
  }
  dl dt {
    float: none;
    width: auto;
    font-weight: normal;
  }
  .tlnb-list dt {
    opacity: 0.85;
  }
  .tlnb-list dd {
    margin: 0;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .tlnb-runline {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px 10px;
    font-size: 13px;
    font-variant-numeric: tabular-nums;
  }
  .tlnb-runline .tlnb-sign {
    margin-inline-end: -4px;
  }
  .tlnb-runline .tlnb-button {
    margin-inline-start: auto;
    min-height: 32px;
    padding: 2px 10px;
  }
  .tlnb-run[data-run=done] .tlnb-sign {
    color: var(--tlnb-good);
  }
  .tlnb-run[data-run=failed] .tlnb-sign,
  .tlnb-runerror {
    color: var(--tlnb-warn);
    opacity: 1;
  }
  .tlnb-runerror {
    max-height: 9em;
    overflow: auto;
    font-family: var(--jp-code-font-family, var(--vscode-editor-font-family, ui-monospace, monospace));
  }
  .tlnb-run .tlnb-progress {
    margin-top: 4px;
  }
  .tlnb-search {
    width: 100%;
    max-width: 30em;
    margin-top: 4px;
  }
  .tlnb-terms {
    margin: 4px 0;
    max-width: 46em;
  }
  .tlnb-terms dt {
    margin-top: 10px;
  }
  .tlnb-terms dd {
    margin: 0;
  }
  .tlnb-links {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 12px;
  }
  .tlnb-machine .tlnb-list {
    margin-top: 6px;
  }
}
@container (min-width: 44em) {
  .tlnb-course-panel .tlnb-next {
    padding: 16px 20px;
  }
}
@media (prefers-reduced-motion: no-preference) {
  .tlnb-course-panel .tlnb-progress > span {
    transition: width 0.3s;
  }
}
@media (forced-colors: active) {
  .tlnb-course-panel .tlnb-next,
  .tlnb-course-panel .tlnb-said {
    border: 1px solid CanvasText;
  }
  .tlnb-course-panel .tlnb-progress {
    border: 1px solid CanvasText;
    height: 6px;
  }
  .tlnb-course-panel .tlnb-progress > span {
    background: Highlight;
    forced-color-adjust: none;
  }
  .tlnb-course-panel :is(.tlnb-facts, .tlnb-note, .tlnb-lesson, .tlnb-name, dt) {
    opacity: 1;
  }
  .tlnb-course-panel .tlnb-lesson[data-written=false] {
    color: GrayText;
  }
}

/* src/style.css */
.tlnb-course-side {
  overflow: auto;
  background: var(--jp-layout-color1);
  min-width: 230px;
}
.tlnb-course-side > .tlnb-control {
  min-height: 100%;
  margin: 0 auto;
}
.tlnb-still {
  margin: 0;
}
.tlnb-still img {
  max-width: 100%;
}
.tlnb-still figcaption {
  padding: 2px 0;
  font-family: var(--jp-ui-font-family);
  font-size: var(--jp-ui-font-size1);
  color: var(--jp-ui-font-color1);
}
`,""]),e.d(t,{},{A:l})},27(n){n.exports=function(n){var t=[];return t.toString=function(){return this.map(function(t){var e="",r=void 0!==t[5];return t[4]&&(e+="@supports (".concat(t[4],") {")),t[2]&&(e+="@media ".concat(t[2]," {")),r&&(e+="@layer".concat(t[5].length>0?" ".concat(t[5]):""," {")),e+=n(t),r&&(e+="}"),t[2]&&(e+="}"),t[4]&&(e+="}"),e}).join("")},t.i=function(n,e,r,a,o){"string"==typeof n&&(n=[[null,n,void 0]]);var l={};if(r)for(var i=0;i<this.length;i++){var p=this[i][0];null!=p&&(l[p]=!0)}for(var s=0;s<n.length;s++){var d=[].concat(n[s]);r&&l[d[0]]||(void 0!==o&&(void 0===d[5]||(d[1]="@layer".concat(d[5].length>0?" ".concat(d[5]):""," {").concat(d[1],"}")),d[5]=o),e&&(d[2]&&(d[1]="@media ".concat(d[2]," {").concat(d[1],"}")),d[2]=e),a&&(d[4]?(d[1]="@supports (".concat(d[4],") {").concat(d[1],"}"),d[4]=a):d[4]="".concat(a)),t.push(d))}},t}},26(n){n.exports=function(n){return n[1]}},18(n,t,e){e.r(t);var r=e(19),a=e.n(r),o=e(20),l=e.n(o),i=e(21),p=e.n(i),s=e(22),d=e.n(s),b=e(23),c=e.n(b),u=e(24),x=e.n(u),f=e(25),g={};g.styleTagTransform=x(),g.setAttributes=d(),g.insert=p().bind(null,"head"),g.domAPI=l(),g.insertStyleElement=c(),a()(f.A,g);let m=f.A&&f.A.locals?f.A.locals:void 0;e.d(t,{},{default:m})},19(n){var t=[];function e(n){for(var e=-1,r=0;r<t.length;r++)if(t[r].identifier===n){e=r;break}return e}function r(n,r){for(var a={},o=[],l=0;l<n.length;l++){var i=n[l],p=r.base?i[0]+r.base:i[0],s=a[p]||0,d="".concat(p," ").concat(s);a[p]=s+1;var b=e(d),c={css:i[1],media:i[2],sourceMap:i[3],supports:i[4],layer:i[5]};if(-1!==b)t[b].references++,t[b].updater(c);else{var u=function(n,t){var e=t.domAPI(t);return e.update(n),function(t){t?(t.css!==n.css||t.media!==n.media||t.sourceMap!==n.sourceMap||t.supports!==n.supports||t.layer!==n.layer)&&e.update(n=t):e.remove()}}(c,r);r.byIndex=l,t.splice(l,0,{identifier:d,updater:u,references:1})}o.push(d)}return o}n.exports=function(n,a){var o=r(n=n||[],a=a||{});return function(n){n=n||[];for(var l=0;l<o.length;l++){var i=e(o[l]);t[i].references--}for(var p=r(n,a),s=0;s<o.length;s++){var d=e(o[s]);0===t[d].references&&(t[d].updater(),t.splice(d,1))}o=p}}},21(n){var t={};n.exports=function(n,e){var r=function(n){if(void 0===t[n]){var e=document.querySelector(n);if(window.HTMLIFrameElement&&e instanceof window.HTMLIFrameElement)try{e=e.contentDocument.head}catch(n){e=null}t[n]=e}return t[n]}(n);if(!r)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");r.appendChild(e)}},23(n){n.exports=function(n){var t=document.createElement("style");return n.setAttributes(t,n.attributes),n.insert(t,n.options),t}},22(n,t,e){n.exports=function(n){var t=e.nc;t&&n.setAttribute("nonce",t)}},20(n){n.exports=function(n){if("u"<typeof document)return{update:function(){},remove:function(){}};var t=n.insertStyleElement(n);return{update:function(e){var r,a,o;r="",e.supports&&(r+="@supports (".concat(e.supports,") {")),e.media&&(r+="@media ".concat(e.media," {")),(a=void 0!==e.layer)&&(r+="@layer".concat(e.layer.length>0?" ".concat(e.layer):""," {")),r+=e.css,a&&(r+="}"),e.media&&(r+="}"),e.supports&&(r+="}"),(o=e.sourceMap)&&"u">typeof btoa&&(r+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(o))))," */")),n.styleTagTransform(r,t,n.options)},remove:function(){var n;null===(n=t).parentNode||n.parentNode.removeChild(n)}}}},24(n){n.exports=function(n,t){if(t.styleSheet)t.styleSheet.cssText=n;else{for(;t.firstChild;)t.removeChild(t.firstChild);t.appendChild(document.createTextNode(n))}}}}]);