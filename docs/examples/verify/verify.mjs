// Serves a webhook that takes deliveries of the Okta connector and refuses what is not signed.
//
//   WEBHOOK_SECRET=whsec_... node verify.mjs 127.0.0.1:9000

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

// verify reports whether a delivery was signed with the secret, within the last five minutes. body is what came over the
// wire: parsed and written again it would have another signature.
function verify(secret, headers, body) {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": given = "" } = headers;
  if (!(Math.abs(Date.now() / 1000 - at) < 300)) return false;
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const expected = "v1," + createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest("base64");
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
}

const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray());
  if (!verify(process.env.WEBHOOK_SECRET, request.headers, body)) {
    response.writeHead(401).end("bad signature\n");
    return;
  }
  for (const event of JSON.parse(body)) {
    console.log(event.id, event.type, event.subject); // an event may come again, with the same id
  }
  response.writeHead(200).end();
});

const [host, port] = process.argv[2].split(":");
server.listen(Number(port), host);
