// Checks ../decision.json and ../clearance.json with viem: the id of every decision and the digest of
// every clearance is the hash of the typed data that a wallet gets, and the signature is the one that
// the wallet makes of it.
//
//   npm ci && node check.mjs

import { readFileSync } from 'node:fs'
import { hashDomain, hashStruct, hashTypedData, isAddressEqual, recoverTypedDataAddress } from 'viem'
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

if (clearances.length < 4) wrong.push(`only ${clearances.length} clearances are in the vectors`)
if (kinds.size < 18) wrong.push(`only ${kinds.size} kinds of decision are in the vectors`)
if (wrong.length > 0) {
  console.error(wrong.join('\n'))
  process.exit(1)
}
console.log(`viem agrees with ${vectors.length} decisions of ${kinds.size} kinds and ${clearances.length} clearances`)
