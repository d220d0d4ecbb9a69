// The phone's side of the QR sign-in, for the local run. The product's phone side is the mini-program.
"use strict";

const byId = (id) => document.getElementById(id);
let token = "";
let path = "";

async function call(method, address, body) {
  const headers = { "Accept-Language": "zh-CN" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(`/api${address}`, { method, headers, body: body ? JSON.stringify(body) : undefined });
  const content = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(content?.detail ?? String(answer.status));
  return content;
}
function say(text) {
  byId("result").textContent = text;
}

byId("scene").value = new URLSearchParams(location.search).get("scene") ?? "";

byId("who").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("…");
  try {
    const name = byId("other").value.trim() || byId("name").value;
    token = "";
    token = (await call("POST", "/auth/wechat-logins", { js_code: `local-${name}` })).session.token;
    const typed = byId("scene").value.trim();
    const scene = /scene=([0-9a-f]+)/.exec(typed)?.[1] ?? typed;
    path = `/auth/qr-logins/${encodeURIComponent(scene)}`;
    const from = (await call("POST", `${path}/scan`)).requested_from;
    byId("address").textContent = from.address;
    byId("browser").textContent = from.user_agent;
    byId("time").textContent = new Date(from.requested_at).toLocaleString("zh-CN", { timeZone: "Asia/Shanghai" });
    byId("network").textContent = from.same_network
      ? "电脑与手机在同一网络。"
      : "注意：电脑与手机不在同一网络。请确认是您本人在登录。";
    byId("who").hidden = true;
    byId("confirm").hidden = false;
    byId("number").focus();
    say("");
  } catch (error) {
    say(error.message);
  }
});
byId("confirm").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await call("POST", `${path}/confirmation`, { number: byId("number").value });
    byId("confirm").hidden = true;
    say("已确认，请看电脑。 Confirmed: look at the PC.");
  } catch (error) {
    say(error.message);
  }
});
byId("deny").addEventListener("click", async () => {
  try {
    await call("POST", `${path}/denial`);
    byId("confirm").hidden = true;
    say("已拒绝。 Denied.");
  } catch (error) {
    say(error.message);
  }
});
