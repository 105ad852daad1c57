// Passkeys (WebAuthn): forms with data-passkey="create" or "get" fill their field "credential" from the browser's dialog.
// What may be asked for comes as JSON: from the script element that data-options names, or from the address data-ask.
"use strict";
const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const withBytes = (list) => (list || []).map((one) => ({ ...one, id: toBytes(one.id) }));

async function optionsOf(form) {
  if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options).textContent);
  const answer = await fetch(form.dataset.ask, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status);
  return (await answer.json()).request_options;
}

async function makeCredential(form) {
  const { publicKey } = await optionsOf(form);
  publicKey.challenge = toBytes(publicKey.challenge);
  if (form.dataset.passkey === "get") {
    publicKey.allowCredentials = withBytes(publicKey.allowCredentials);
    const found = await navigator.credentials.get({ publicKey });
    const { authenticatorData, clientDataJSON, signature, userHandle } = found.response;
    return { ...plain(found), response: { authenticatorData: toText(authenticatorData), clientDataJSON: toText(clientDataJSON), signature: toText(signature), userHandle: userHandle ? toText(userHandle) : null } };
  }
  publicKey.user.id = toBytes(publicKey.user.id);
  publicKey.excludeCredentials = withBytes(publicKey.excludeCredentials);
  const isPasswordless = form.elements.passwordless?.checked;
  if (isPasswordless !== undefined) {
    publicKey.authenticatorSelection = { ...publicKey.authenticatorSelection, residentKey: isPasswordless ? "required" : "discouraged", requireResidentKey: isPasswordless, userVerification: isPasswordless ? "required" : "discouraged" };
  }
  const made = await navigator.credentials.create({ publicKey });
  return { ...plain(made), response: { attestationObject: toText(made.response.attestationObject), clientDataJSON: toText(made.response.clientDataJSON), transports: made.response.getTransports?.() || [] } };
}

const plain = (credential) => ({
  type: credential.type, id: credential.id, rawId: toText(credential.rawId),
  authenticatorAttachment: credential.authenticatorAttachment, clientExtensionResults: credential.getClientExtensionResults(),
});

if (window.PublicKeyCredential) {
  for (const part of document.querySelectorAll("[data-passkey], [data-passkeys-only]")) part.hidden = false;
  for (const note of document.querySelectorAll("[data-no-passkeys]")) note.hidden = true;
}
for (const form of document.querySelectorAll("[data-passkey]")) form.addEventListener("submit", async (event) => {
  if (form.elements.credential.value) return;
  event.preventDefault();
  const fault = form.querySelector("[role=alert]");
  try {
    form.elements.credential.value = JSON.stringify(await makeCredential(form));
    form.submit();
  } catch (error) {
    fault.textContent = error.name === "InvalidStateError" ? "This device has a passkey for this account already." : "No passkey was used: the dialog was closed, or this device cannot.";
    fault.hidden = false;
  }
});
