// Signs a decision's id as a passkey does (WebAuthn, P-256), and prints the assertion as JSON. Without
// an id it prints the key's coordinates only.
//
//   node passkey.mjs PRIVATE_KEY [ID]

import { createECDH, createHash, createPrivateKey, sign } from 'node:crypto'

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const [secret, id] = process.argv.slice(2).map((text) => Buffer.from(text.slice(2), 'hex'))
const hex = (bytes) => `0x${Buffer.from(bytes).toString('hex')}`

const curve = createECDH('prime256v1')
curve.setPrivateKey(secret)
const point = curve.getPublicKey()
const [x, y] = [point.subarray(1, 33), point.subarray(33)]
const result = { x: hex(x), y: hex(y) }

if (id) {
  const jwk = { kty: 'EC', crv: 'P-256', d: secret, x, y }
  for (const name of ['d', 'x', 'y']) jwk[name] = jwk[name].toString('base64url')
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  const site = createHash('sha256').update('lex.example').digest()
  // The user is present and verified; the counter is 1.
  const authenticatorData = Buffer.concat([site, Buffer.from([0x05, 0, 0, 0, 1])])
  const clientData = Buffer.from(
    JSON.stringify({
      type: 'webauthn.get',
      challenge: id.toString('base64url'),
      origin: 'https://lex.example',
      crossOrigin: false,
    }),
  )
  const signed = Buffer.concat([authenticatorData, createHash('sha256').update(clientData).digest()])
  const signature = sign('sha256', signed, { key, dsaEncoding: 'ieee-p1363' })
  const s = BigInt(hex(signature.subarray(32)))
  const low = s > ORDER / 2n ? ORDER - s : s
  result.authenticatorData = hex(authenticatorData)
  result.clientData = hex(clientData)
  result.r = hex(signature.subarray(0, 32))
  result.s = `0x${low.toString(16).padStart(64, '0')}`
}
process.stdout.write(JSON.stringify(result))
