// Checks ../decision.json and ../clearance.json with viem: the id of every decision and the digest of
// every clearance is the hash of the typed data that a wallet gets, and the signature is the one that
// the wallet makes of it. Checks ../update.json and ../outbox.json too: the leaf of every update, and
// the heads that commit to them.
//
//   npm ci && node check.mjs

import { readFileSync } from 'node:fs'
import {
  concat, encodeAbiParameters, hashDomain, hashStruct, hashTypedData, isAddressEqual, keccak256, parseAbiParameters,
  recoverTypedDataAddress,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

const file = new URL('../decision.json', import.meta.url)
const vectors = JSON.parse(readFileSync(file, 'utf8'))
const kinds = new Set()
const wrong = []

for (const [place, vector] of vectors.entries()) {
  const { typedData, kind } = vector
  const { types, primaryType, domain, message } = typedData
  const fields = types[primaryType].map(({ type, name }) => `${type} ${name}`)
  const account = privateKeyToAccount(vector.privateKey)
  const computed = {
    typeString: `${primaryType}(${fields.join(',')})`,
    domainSeparator: hashDomain({ domain, types }),
    structHash: hashStruct({ data: message, primaryType, types }),
    id: hashTypedData(typedData),
    signature: await account.signTypedData(typedData),
  }
  for (const [name, value] of Object.entries(computed)) {
    if (value !== vector[name]) wrong.push(`${place} ${kind}.${name}: viem says ${value}, the vector ${vector[name]}`)
  }
  const signer = await recoverTypedDataAddress({ ...typedData, signature: vector.signature })
  if (!isAddressEqual(signer, account.address)) wrong.push(`${place} ${kind}: signed by ${signer}`)
  kinds.add(kind)
}

const clearances = JSON.parse(readFileSync(new URL('../clearance.json', import.meta.url), 'utf8'))
for (const [place, vector] of clearances.entries()) {
  const { typedData } = vector
  const fields = typedData.types.Clearance.map(({ type, name }) => `${type} ${name}`)
  const account = privateKeyToAccount(vector.privateKey)
  const computed = {
    typeString: `Clearance(${fields.join(',')})`,
    digest: hashTypedData(typedData),
    signature: await account.signTypedData(typedData),
    signer: account.address.toLowerCase(),
  }
  for (const [name, value] of Object.entries(computed)) {
    if (value !== vector[name]) wrong.push(`clearance ${place}.${name}: viem says ${value}, the vector ${vector[name]}`)
  }
}

const updateFields = ['nonce', 'kind', 'tokenId', 'holder', 'licenseType', 'status', 'validFrom', 'validUntil',
  'graceUntil', 'version', 'parent']
const updateTypes = parseAbiParameters('uint64, uint8, uint256, address, uint64, uint8, uint64, uint64, uint64, uint32, uint256')
// JSON holds numbers beyond 2^53 as text; the small ones as they are.
const leafOf = (update) => keccak256(encodeAbiParameters(updateTypes, updateFields.map((field) => {
  const type = updateTypes[updateFields.indexOf(field)].type
  return type === 'address' ? update[field] : type === 'uint8' || type === 'uint32' ? Number(update[field]) : BigInt(update[field])
})))
const updates = JSON.parse(readFileSync(new URL('../update.json', import.meta.url), 'utf8'))
for (const [place, { update, leaf }] of updates.entries()) {
  if (leafOf(update) !== leaf) wrong.push(`update ${place}: viem's leaf is ${leafOf(update)}`)
}
const outboxes = JSON.parse(readFileSync(new URL('../outbox.json', import.meta.url), 'utf8'))
for (const [place, outbox] of outboxes.entries()) {
  const domain = parseAbiParameters('string, uint256, address')
  let head = keccak256(encodeAbiParameters(domain, ['LEX outbox v2', BigInt(outbox.chainId), outbox.contract]))
  if (head !== outbox.head0) wrong.push(`outbox ${place}: viem begins at ${head}`)
  for (const [nonce, update] of outbox.updates.entries()) {
    head = keccak256(concat([head, leafOf(update)]))
    if (head !== outbox.heads[nonce]) wrong.push(`outbox ${place}: viem's head ${nonce + 1} is ${head}`)
  }
}

if (updates.length < 14) wrong.push(`only ${updates.length} updates are in the vectors`)
if (clearances.length < 4) wrong.push(`only ${clearances.length} clearances are in the vectors`)
if (kinds.size < 21) wrong.push(`only ${kinds.size} kinds of decision are in the vectors`)
if (wrong.length > 0) {
  console.error(wrong.join('\n'))
  process.exit(1)
}
console.log(`viem agrees with ${vectors.length} decisions of ${kinds.size} kinds, ${clearances.length} clearances, ${updates.length} updates and ${outboxes.length} outboxes`)
