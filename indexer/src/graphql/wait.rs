//! Which block a request must wait for, known before it takes a database connection.

use std::collections::HashSet;

use async_graphql::{
    InputType, Name, Value as ConstValue, Variables,
    parser::types::{
        DocumentOperations, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
    },
};

use super::scalars::BigInt;

/// The highest block that a field of the operation wants. What is no block number is left to
/// validation, and a block that does not come to the fields that want it.
pub(super) fn wanted_block(
    document: &ExecutableDocument,
    operation_name: Option<&str>,
    variables: &Variables,
) -> Option<u64> {
    let operation = match &document.operations {
        DocumentOperations::Single(operation) => operation,
        DocumentOperations::Multiple(operations) => match operation_name {
            Some(name) => operations.get(name)?,
            // Of several, one must be named.
            None if operations.len() == 1 => operations.values().next()?,
            None => return None,
        },
    };
    let mut search = Search {
        document,
        operation: &operation.node,
        variables,
        seen: HashSet::new(),
        highest: None,
    };
    search.selection_set(&operation.node.selection_set.node);
    search.highest
}

struct Search<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    seen: HashSet<&'a Name>,
    highest: Option<u64>,
}

impl<'a> Search<'a> {
    /// The root's fields alone have such an argument.
    fn selection_set(&mut self, set: &'a SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let wanted = self.wanted(&field.node);
                    self.highest = self.highest.max(wanted);
                }
                Selection::InlineFragment(inline) => {
                    self.selection_set(&inline.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let fragment = self.document.fragments.get(name);
                    if let Some(fragment) = fragment
                        && self.seen.insert(name)
                    {
                        self.selection_set(&fragment.node.selection_set.node);
                    }
                }
            }
        }
    }

    fn wanted(&self, field: &Field) -> Option<u64> {
        let constraint = field.get_argument("block")?.node.clone();
        let constraint = constraint
            .into_const_with(|name| self.variable(&name).cloned().ok_or(()))
            .ok()?;
        let ConstValue::Object(mut constraint) = constraint else {
            return None;
        };
        let number = constraint.swap_remove("numberGte");
        BigInt::parse(number).ok()?.as_u64()
    }

    fn variable(&self, name: &Name) -> Option<&'a ConstValue> {
        self.variables.get(name).or_else(|| {
            let mut definitions = self.operation.variable_definitions.iter();
            let definition = definitions.find(|definition| definition.node.name.node == *name)?;
            definition.node.default_value()
        })
    }
}
