//! Prints the JSON ABI of the proxy's own interface, as `contracts/build` commits it. Everything else
//! that a proxy answers is its implementation's.

const ABI: &str = r#"[
  {
    "type": "constructor",
    "inputs": [
      {
        "name": "implementation",
        "type": "address",
        "internalType": "address"
      },
      {
        "name": "upgrader",
        "type": "address",
        "internalType": "address"
      },
      {
        "name": "initialize",
        "type": "bytes",
        "internalType": "bytes"
      }
    ],
    "stateMutability": "payable"
  },
  {
    "type": "function",
    "name": "upgradeTo",
    "inputs": [
      {
        "name": "implementation",
        "type": "address",
        "internalType": "address"
      },
      {
        "name": "codeHash",
        "type": "bytes32",
        "internalType": "bytes32"
      },
      {
        "name": "replaces",
        "type": "address",
        "internalType": "address"
      }
    ],
    "outputs": [],
    "stateMutability": "nonpayable"
  },
  {
    "type": "function",
    "name": "setUpgrader",
    "inputs": [
      {
        "name": "upgrader",
        "type": "address",
        "internalType": "address"
      }
    ],
    "outputs": [],
    "stateMutability": "nonpayable"
  },
  {
    "type": "function",
    "name": "acceptUpgrader",
    "inputs": [],
    "outputs": [],
    "stateMutability": "nonpayable"
  },
  {
    "type": "event",
    "name": "Upgraded",
    "inputs": [
      {
        "name": "implementation",
        "type": "address",
        "internalType": "address",
        "indexed": true
      }
    ],
    "anonymous": false
  },
  {
    "type": "event",
    "name": "UpgraderProposed",
    "inputs": [
      {
        "name": "current",
        "type": "address",
        "internalType": "address",
        "indexed": false
      },
      {
        "name": "proposed",
        "type": "address",
        "internalType": "address",
        "indexed": false
      }
    ],
    "anonymous": false
  },
  {
    "type": "event",
    "name": "AdminChanged",
    "inputs": [
      {
        "name": "previousAdmin",
        "type": "address",
        "internalType": "address",
        "indexed": false
      },
      {
        "name": "newAdmin",
        "type": "address",
        "internalType": "address",
        "indexed": false
      }
    ],
    "anonymous": false
  },
  {
    "type": "error",
    "name": "Refused",
    "inputs": [
      {
        "name": "code",
        "type": "uint16",
        "internalType": "uint16"
      },
      {
        "name": "ruleVersion",
        "type": "uint32",
        "internalType": "uint32"
      },
      {
        "name": "detail",
        "type": "uint256",
        "internalType": "uint256"
      }
    ]
  }
]"#;

fn main() {
    println!("{ABI}");
}
