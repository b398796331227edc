package io.manta.core;

import java.util.Map;

/// A kind of node that can be had.
///
/// @param name what its provider calls it
/// @param offers what one has
/// @param labels of each
/// @param least how many there are always
/// @param most how many there are at most
public record NodeType(
    String name, Resources offers, Map<String, String> labels, int least, int most) {
  public NodeType {
    labels = Map.copyOf(labels);
    if (least < 0 || most < least) {
      throw new IllegalArgumentException(
          "of '%s' there can't be %d to %d nodes: give 0 or more, and at least as many at most"
              .formatted(name, least, most));
    }
  }
}
