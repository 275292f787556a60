// Video from browser to browser: the service passes on how they reach each other, and never a picture. No other server is asked.
//
// An agent's page: `const call = videoCall(`/video?customer=${customer}`, { show, said })`; it asks the customer first, and `show` gets
// their picture once they agree. `call.end()` ends it. `stream`: what is shown of oneself; left out, nothing is.

const CLOSED = { 4403: "not_allowed", 4409: "elsewhere", 1009: "too_much" };

export function videoCall(path, { stream = null, calls = false, show = () => {}, said = () => {} }) {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`);
  let peer = null;
  let early = [];

  const tell = (message) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));

  function begin() {
    peer?.close();
    early = [];
    peer = new RTCPeerConnection({ iceServers: [] });
    for (const track of stream?.getTracks() ?? []) peer.addTrack(track, stream);
    peer.onicecandidate = ({ candidate }) => candidate && tell({ type: "candidate", candidate });
    peer.ontrack = ({ streams }) => show(streams[0]);
    peer.onconnectionstatechange = () => said(peer.connectionState);
  }

  async function offer() {
    await peer.setLocalDescription(await peer.createOffer());
    tell({ type: "offer", description: peer.localDescription });
  }

  async function describe(description) {
    await peer.setRemoteDescription(description);
    for (const candidate of early.splice(0)) await peer.addIceCandidate(candidate);
    if (description.type !== "offer") return;
    await peer.setLocalDescription(await peer.createAnswer());
    tell({ type: "answer", description: peer.localDescription });
  }

  async function hear(message) {
    if (message.type === "ready") {
      begin();
      if (calls) await offer();
    } else if (message.type === "gone") said("gone");
    else if (!peer) return;
    else if (message.type === "candidate") await (peer.remoteDescription ? peer.addIceCandidate(message.candidate) : early.push(message.candidate));
    else await describe(message.description);
  }

  let turn = Promise.resolve(); // one after the other, as they were said
  socket.onmessage = ({ data }) => (turn = turn.then(() => hear(JSON.parse(data))).catch(() => said("failed")));
  socket.onclose = ({ code }) => said(CLOSED[code] ?? "closed");

  return {
    end() {
      socket.onclose = null;
      socket.close();
      peer?.close();
      for (const track of stream?.getTracks() ?? []) track.stop();
    },
  };
}
