package io.manta.core;

/// A part of a placement group, which is on one node.
///
/// @param resources reserved for it there; not none
/// @param labels what the node's are to be
public record Bundle(Resources resources, LabelSelector labels) {
  public Bundle {
    if (resources.isEmpty()) {
      throw new IllegalArgumentException(
          "a bundle of nothing reserves nothing; give it resources, such as Resources.cpus(1)");
    }
    if (resources.isBundled()) {
      throw new IllegalArgumentException(
          "a bundle can't be of what is in a placement group already: " + resources);
    }
  }

  public Bundle(Resources resources) {
    this(resources, LabelSelector.ANY);
  }

  /// For people: `2 cpu where zone = eu`.
  @Override
  public String toString() {
    return labels.isAny() ? resources.toString() : resources + " where " + labels;
  }
}
