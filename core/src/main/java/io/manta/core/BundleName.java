package io.manta.core;

import java.util.OptionalInt;

/// The name of a resource of a placement group, such as `cpu@3f.7/1/trial`; no user can give such a
/// one.
///
/// @param index of the bundle; of any when empty
/// @param label what people call the group
record BundleName(String resource, PlacementGroupId group, OptionalInt index, String label) {
  static final char SIGN = '@';

  static boolean isOne(String name) {
    return name.indexOf(SIGN) >= 0;
  }

  static BundleName parse(String name) {
    int sign = name.indexOf(SIGN);
    int dot = name.indexOf('.', sign);
    int first = name.indexOf('/', dot);
    int second = name.indexOf('/', first + 1);
    var owner = new NodeId(Long.parseLong(name, sign + 1, dot, Character.MAX_RADIX));
    long number = Long.parseLong(name, dot + 1, first, 10);
    String index = name.substring(first + 1, second);
    return new BundleName(
        name.substring(0, sign),
        new PlacementGroupId(owner, number),
        index.equals("*") ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(index)),
        name.substring(second + 1));
  }

  /// Whether a name is of that resource of some bundle.
  static boolean isOf(String resource, String name) {
    return name.length() > resource.length()
        && name.charAt(resource.length()) == SIGN
        && name.startsWith(resource);
  }

  /// For people: `bundle 1 of placement group trial`.
  String where() {
    String of = "placement group " + label;
    return index.isPresent() ? "bundle " + index.getAsInt() + " of " + of : of;
  }

  @Override
  public String toString() {
    return resource
        + SIGN
        + Long.toString(group.owner().value(), Character.MAX_RADIX)
        + '.'
        + group.number()
        + '/'
        + (index.isPresent() ? Integer.toString(index.getAsInt()) : "*")
        + '/'
        + label;
  }
}
