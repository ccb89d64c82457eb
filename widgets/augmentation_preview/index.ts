export { render } from "./view";
