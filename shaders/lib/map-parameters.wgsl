// The network's parameters, where a map reads them.

@group(0) @binding(5) var<storage, read> parameters: array<vec4f, REPLICAS * PARAMETERS_STRIDE>;
