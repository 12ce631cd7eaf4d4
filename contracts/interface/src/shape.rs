//! Structs whose Solidity field names are kept for the ABI file.

/// A Solidity struct: its name and its fields, each with its name and type.
#[cfg(feature = "std")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Name of the struct.
    pub name: &'static str,
    /// Canonical type, for example `(uint16,uint32,uint256)`.
    pub canonical: String,
    /// Name and canonical type of each field, in order.
    pub fields: Vec<(&'static str, String)>,
}

/// Defines a struct that Solidity sees too. ink! drops the names of a struct's fields from the
/// contract's metadata; `shape()` keeps them, in the spelling of Solidity.
#[macro_export]
macro_rules! solidity_struct {
    (
        $(#[$attribute:meta])*
        pub struct $name:ident {
            $( $(#[$field_attribute:meta])* $field:ident: $type:ty = $solidity:literal, )+
        }
    ) => {
        $(#[$attribute])*
        #[derive(ink::SolDecode, ink::SolEncode)]
        pub struct $name {
            $( $(#[$field_attribute])* pub $field: $type, )+
        }

        #[cfg(feature = "std")]
        impl $name {
            /// The struct as the ABI file describes it.
            pub fn shape() -> $crate::Shape {
                $crate::Shape {
                    name: stringify!($name),
                    canonical: <Self as ink::SolDecode>::SOL_NAME.into(),
                    fields: std::vec![
                        $( ($solidity, <$type as ink::SolDecode>::SOL_NAME.into()), )+
                    ],
                }
            }
        }
    };
}

/// Says that a type is stored in one piece. ink! wants to know for its own metadata, and its derive
/// asks the same of every field, which the model's types cannot answer.
#[macro_export]
macro_rules! stored_in_one_piece {
    ($type:ty) => {
        #[cfg(feature = "std")]
        impl ink::storage::traits::StorageLayout for $type {
            fn layout(key: &ink::primitives::Key) -> ink::metadata::layout::Layout {
                ink::metadata::layout::Layout::Leaf(ink::metadata::layout::LeafLayout::from_key::<
                    Self,
                >(
                    ink::metadata::layout::LayoutKey::from(key)
                ))
            }
        }
    };
}
