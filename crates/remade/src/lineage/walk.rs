//! How does the walk go, from a run to what it was given?

use super::graph::Graph;
use super::{Input, Lineage, Records, Role, Start, What};
use crate::record::Origin;
use crate::source::SourceState;
use crate::store::Store;
use crate::version::{Encoder, Tag, Version};

/// Walks back from these values.
pub fn trace(starts: Vec<Start>, records: impl Records) -> Lineage {
    let mut graph = Graph::new(records);
    let mut roots = Vec::with_capacity(starts.len());
    for start in starts {
        let store = graph.store(start.store);
        roots.push(Input {
            node: graph.run_of(&store, start.record),
            role: Role::Asked(start.place),
            result: start.position,
        });
    }
    // A stack of our own: lineages are deeper than the stack of a thread.
    let mut open: Vec<usize> = (0..graph.nodes.len()).rev().collect();
    while let Some(node) = open.pop() {
        let before = graph.nodes.len();
        graph.nodes[node].inputs = graph.inputs_of(node);
        open.extend((before..graph.nodes.len()).rev());
    }
    Lineage {
        roots,
        nodes: graph.nodes,
    }
}

impl<R: Records> Graph<R> {
    /// What a run was given. What a source was given nobody knows.
    fn inputs_of(&mut self, node: usize) -> Vec<Input> {
        let What::Run { record, store, .. } = &self.nodes[node].what else {
            return Vec::new();
        };
        let (record, store) = (record.clone(), store.clone());
        let store = self.store(store);
        let mut inputs = Vec::new();
        let mut files: Vec<&SourceState> = record.sources.iter().collect();
        for argument in &record.arguments {
            let role = |position: &str| Role::Argument {
                name: argument.name.clone(),
                position: position.to_owned(),
            };
            self.origins(&store, &argument.origins, role, &mut inputs);
            if !argument.origins.is_empty() {
                continue;
            }
            let is_it = |file: &&SourceState| argument.version == Some(as_argument(file));
            let found = record.sources.iter().find(is_it);
            files.retain(|file| Some(*file) != found);
            inputs.push(Input {
                node: match found {
                    Some(file) => self.file(&store, file),
                    None => self.value(argument.version, &argument.short),
                },
                role: role(""),
                result: String::new(),
            });
        }
        for input in record.implicit.iter().filter(|input| !input.changed) {
            let role = |position: &str| Role::Implicit {
                name: input.name.clone(),
                position: position.to_owned(),
            };
            self.origins(&store, &input.origins, role, &mut inputs);
            if input.origins.is_empty() {
                inputs.push(Input {
                    node: self.value(input.version, &input.short),
                    role: role(""),
                    result: String::new(),
                });
            }
        }
        for file in files {
            inputs.push(Input {
                node: self.file(&store, file),
                role: Role::Read,
                result: String::new(),
            });
        }
        for call in &record.nested.calls {
            let key = call.record.to_string();
            let node = self.run_named(
                (&store, call.store.as_deref()),
                (&call.function, &key, &call.started),
                None,
                |record| record.started == call.started,
            );
            inputs.push(Input {
                node,
                role: Role::Called,
                result: String::new(),
            });
        }
        inputs
    }

    fn origins(
        &mut self,
        store: &Store,
        origins: &[Origin],
        role: impl Fn(&str) -> Role,
        inputs: &mut Vec<Input>,
    ) {
        for origin in origins {
            inputs.push(Input {
                node: self.origin(store, origin),
                role: role(&origin.position),
                result: origin.result.clone(),
            });
        }
    }
}

/// The version of an argument that is nothing but this file.
fn as_argument(file: &SourceState) -> Version {
    let mut encoder = Encoder::new();
    encoder.version(Tag::File, file.version);
    encoder.finish()
}
