// Makes groth16.json: real proofs of Semaphore v4 under the keys of its ceremony. Proofs are random,
// so every run writes others. In an empty folder:
//
//   npm i --ignore-scripts @semaphore-protocol/core@4.14.2 @zk-kit/semaphore-artifacts@4.13.0
//   cp .../contracts/vectors/groth16.mjs . && node groth16.mjs >groth16.json

import { readFileSync } from "node:fs";
import { Group, Identity, generateProof, verifyProof } from "@semaphore-protocol/core";
import { unpackGroth16Proof } from "@zk-kit/utils/proof-packing";
import { keccak256, toBeHex } from "ethers";

const artifacts = "node_modules/@zk-kit/semaphore-artifacts/semaphore-";

function key(depth) {
  const { vk_alphabeta_12, ...key } = JSON.parse(readFileSync(`${artifacts}${depth}.json`));
  return { circuit: "Semaphore v4", depth, key };
}

async function proof(depth, message, scope) {
  const files = { wasm: `${artifacts}${depth}.wasm`, zkey: `${artifacts}${depth}.zkey` };
  const made = await generateProof(members[1], group, message, scope, depth, files);
  if (!(await verifyProof(made))) throw new Error("Semaphore does not accept its own proof");
  const { merkleTreeRoot, nullifier, points } = made;
  const hashed = (number) => (BigInt(keccak256(toBeHex(number, 32))) >> 8n).toString();
  const publicSignals = [merkleTreeRoot, nullifier, hashed(message), hashed(scope)];
  const unpacked = { ...unpackGroth16Proof(points), protocol: "groth16", curve: "bn128" };
  return { depth, proof: unpacked, public: publicSignals, calldata: points };
}

const members = [0, 1, 2].map((index) => new Identity(`LEX test identity ${index}`));
const group = new Group(members.map((member) => member.commitment));
const vectors = {
  source: "npm @semaphore-protocol/core 4.14.2 and @zk-kit/semaphore-artifacts 4.13.0, license MIT",
  keys: [key(16), key(17)],
  proofs: [await proof(16, 1n, 42n), await proof(16, 2n, 43n), await proof(17, 1n, 42n)],
};
console.log(JSON.stringify(vectors, null, 2));
process.exit(0);
