// Epilogue of the weight gradient product: the tile is updated instead of stored, and the first row of
// workgroups also sums and updates the bias.

var<private> weight_settings: Hyperparameters;

fn store(replica: u32, row: u32, column4: u32, product: vec4f) {
  update_weights(replica, WEIGHT_OFFSET + row * COLUMNS4 + column4, product, weight_settings);
}

fn update_bias(replica: u32, column4: u32) {
  let h = rows[replica].groups[group_of(replica, BIAS_TENSOR)];
  for (var block = 0u; block < COLUMN_BLOCKS; block++) {
    let column = column4 + block * WORKGROUP_X;
    if (column < COLUMNS4) {
      update_weights(replica, BIAS_OFFSET + column, column_sum(replica, column), h);
    }
  }
  report_not_finite(replica, BIAS_TENSOR);
}

fn update_layer_tile(replica: u32, workgroup: vec3u, local: vec3u) {
  weight_settings = rows[replica].groups[group_of(replica, WEIGHT_TENSOR)];
  store_product(replica, workgroup, local);
  report_not_finite(replica, WEIGHT_TENSOR);
  if (workgroup.y == 0u && local.y == 0u && local.z == 0u) { update_bias(replica, tile_column4(workgroup, local)); }
}
