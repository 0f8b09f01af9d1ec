// @ts-check
// The offline page looks again: when asked, when the connection is back, and every ten seconds.

const again = () => location.reload();

document.getElementById("again")?.addEventListener("click", again);
addEventListener("online", again);

setInterval(async () => {
  try {
    const answer = await fetch("/healthz", { cache: "no-store" });
    if (answer.ok) again();
  } catch {
    // Still out of reach.
  }
}, 10_000);
