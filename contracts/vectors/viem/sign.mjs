// Signs the typed data on standard input as a wallet does, and prints the signature.
//
//   node sign.mjs PRIVATE_KEY < typed-data.json

import { readFileSync } from 'node:fs'
import { privateKeyToAccount } from 'viem/accounts'

const typedData = JSON.parse(readFileSync(0, 'utf8'))
const signature = await privateKeyToAccount(process.argv[2]).signTypedData(typedData)
process.stdout.write(signature)
