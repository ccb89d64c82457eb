// Requests to the server extension, with whatever jupyter_server wants to see of who asks.
import { URLExt } from "@jupyterlab/coreutils";
import { ServerConnection } from "@jupyterlab/services";

/** The server does not have the extension. */
export class MissingError extends Error {}

/** The server did not answer at all. */
export class UnreachableError extends Error {}

/** Ask `tlnb/api/<what>`: a GET, or a POST where there are fields. */
export async function request<Answer>(settings: ServerConnection.ISettings, what: string, fields?: object): Promise<Answer> {
  const address = URLExt.join(settings.baseUrl, "tlnb", "api", what);
  const init = fields ? { method: "POST", body: JSON.stringify(fields) } : {};
  let response: Response;
  try {
    response = await ServerConnection.makeRequest(address, init, settings);
  } catch (error) {
    throw new UnreachableError(String(error));
  }
  const text = await response.text();
  let content: any;
  try {
    content = JSON.parse(text);
  } catch {
    content = undefined; // a page of the server's own, or of a proxy before it
  }
  if (response.ok && content !== undefined) return content as Answer;
  if (response.status === 404 && !fields) throw new MissingError(text.slice(0, 200));
  if (response.status >= 502 && response.status <= 504) throw new UnreachableError(response.statusText);
  throw new Error(content?.message ?? `${response.status} ${response.statusText}`);
}
