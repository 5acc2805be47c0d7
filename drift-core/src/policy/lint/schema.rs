//! The published schema of the input as a graph: what each member may hold.
//!
//! Only what names members is read of JSON Schema: `properties`, `additionalProperties`,
//! `patternProperties`, `items`, `prefixItems`, `anyOf`, `oneOf`, `allOf`, `$ref`. An object without
//! any of them may have any member.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

/// The place of a node in [`Schema::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::policy) struct NodeId(usize);

/// What lies below a name or place that is not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Nothing,
    Anything,
    Node(NodeId),
}

#[derive(Debug, Clone)]
struct Node {
    properties: BTreeMap<String, NodeId>,
    /// Of an object: members that are not listed.
    members: Vec<Rest>,
    /// Of an array.
    items: Rest,
    alternatives: Vec<NodeId>,
}

/// The schema.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Schema {
    nodes: Vec<Node>,
}

/// Where a step leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::policy) enum Step {
    /// Anywhere.
    Anything,
    /// To one of these; to nothing when there is none.
    Nodes(BTreeSet<NodeId>),
}

impl Schema {
    /// The whole.
    pub(in crate::policy) const ROOT: NodeId = NodeId(0);

    /// Reads a schema. What it does not understand allows everything.
    pub(in crate::policy) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let root: Json = serde_json::from_str(text)?;
        let mut reader = Reader { places: BTreeMap::new(), work: Vec::new() };
        reader.place("#");
        let mut nodes: BTreeMap<usize, Node> = BTreeMap::new();
        while let Some((id, pointer)) = reader.work.pop() {
            let found = root.pointer(pointer.strip_prefix('#').unwrap_or(&pointer));
            nodes.insert(id.0, reader.node(found, &pointer));
        }
        Ok(Self { nodes: nodes.into_values().collect() })
    }

    /// Steps to a member of this name.
    pub(in crate::policy) fn member(&self, from: NodeId, name: &str) -> Step {
        let mut found = BTreeSet::new();
        for node in self.expanded(from) {
            match node.properties.get(name) {
                Some(id) => drop(found.insert(*id)),
                None => {
                    for rest in &node.members {
                        match rest {
                            Rest::Anything => return Step::Anything,
                            Rest::Node(id) => drop(found.insert(*id)),
                            Rest::Nothing => {}
                        }
                    }
                }
            }
        }
        Step::Nodes(found)
    }

    /// Steps to any element or member.
    pub(in crate::policy) fn element(&self, from: NodeId) -> Step {
        let mut found = BTreeSet::new();
        for node in self.expanded(from) {
            found.extend(node.properties.values().copied());
            for rest in node.members.iter().chain([&node.items]) {
                match rest {
                    Rest::Anything => return Step::Anything,
                    Rest::Node(id) => drop(found.insert(*id)),
                    Rest::Nothing => {}
                }
            }
        }
        Step::Nodes(found)
    }

    /// Returns every name that a member may have, where they are listed.
    pub(in crate::policy) fn names(&self, from: NodeId) -> BTreeSet<&str> {
        let nodes = self.expanded(from).into_iter();
        nodes.flat_map(|node| node.properties.keys().map(String::as_str)).collect()
    }

    /// Returns the nodes that this one may be, without those that only name others.
    pub(in crate::policy) fn variants(&self, from: NodeId) -> Vec<NodeId> {
        let is_leaf =
            |id: &NodeId| self.nodes.get(id.0).is_some_and(|node| node.alternatives.is_empty());
        self.reached(from).into_iter().filter(is_leaf).collect()
    }

    /// The node and all that it may be instead.
    fn expanded(&self, from: NodeId) -> Vec<&Node> {
        self.reached(from).into_iter().filter_map(|id| self.nodes.get(id.0)).collect()
    }

    fn reached(&self, from: NodeId) -> Vec<NodeId> {
        let mut seen = BTreeSet::from([from]);
        let mut work = vec![from];
        let mut found = Vec::new();
        while let Some(id) = work.pop() {
            let Some(node) = self.nodes.get(id.0) else { continue };
            found.push(id);
            work.extend(node.alternatives.iter().copied().filter(|other| seen.insert(*other)));
        }
        found
    }
}

struct Reader {
    /// By JSON pointer.
    places: BTreeMap<String, NodeId>,
    work: Vec<(NodeId, String)>,
}

impl Reader {
    fn place(&mut self, pointer: &str) -> NodeId {
        if let Some(id) = self.places.get(pointer) {
            return *id;
        }
        let id = NodeId(self.places.len());
        self.places.insert(pointer.to_owned(), id);
        self.work.push((id, pointer.to_owned()));
        id
    }

    fn rest(&mut self, found: Option<&Json>, pointer: &str, absent: Rest) -> Rest {
        match found {
            None => absent,
            Some(Json::Bool(false)) => Rest::Nothing,
            Some(Json::Bool(true)) => Rest::Anything,
            Some(_) => Rest::Node(self.place(pointer)),
        }
    }

    fn node(&mut self, found: Option<&Json>, pointer: &str) -> Node {
        let mut node = Node {
            properties: BTreeMap::new(),
            members: Vec::new(),
            items: Rest::Nothing,
            alternatives: Vec::new(),
        };
        let Some(schema) = found.and_then(Json::as_object) else {
            // `true`, or a reference that leads nowhere.
            node.members.push(Rest::Anything);
            return node;
        };
        for name in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
            let escaped = name.0.replace('~', "~0").replace('/', "~1");
            let id = self.place(&format!("{pointer}/properties/{escaped}"));
            node.properties.insert(name.0.clone(), id);
        }
        let patterns = schema.get("patternProperties").and_then(Json::as_object);
        for pattern in patterns.into_iter().flatten() {
            let escaped = pattern.0.replace('~', "~0").replace('/', "~1");
            node.members
                .push(Rest::Node(self.place(&format!("{pointer}/patternProperties/{escaped}"))));
        }
        for word in ["anyOf", "oneOf", "allOf"] {
            let count = schema.get(word).and_then(Json::as_array).map_or(0, Vec::len);
            for place in 0..count {
                node.alternatives.push(self.place(&format!("{pointer}/{word}/{place}")));
            }
        }
        if let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
            node.alternatives.push(self.place(reference));
        }
        let is = |wanted: &str| match schema.get("type") {
            Some(Json::String(kind)) => kind == wanted,
            Some(Json::Array(kinds)) => kinds.iter().any(|kind| kind == wanted),
            _ => false,
        };
        let is_open = node.properties.is_empty() && node.members.is_empty();
        let absent = if is("object") && is_open { Rest::Anything } else { Rest::Nothing };
        let members = schema.get("additionalProperties");
        let members = self.rest(members, &format!("{pointer}/additionalProperties"), absent);
        node.members.push(members);
        let absent = if is("array") { Rest::Anything } else { Rest::Nothing };
        node.items = self.rest(schema.get("items"), &format!("{pointer}/items"), absent);
        let says = ["type", "const", "enum", "$ref", "anyOf", "oneOf", "allOf", "properties"];
        if !says.iter().any(|word| schema.contains_key(*word)) {
            node.members.push(Rest::Anything);
        }
        node
    }
}
