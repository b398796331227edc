package io.manta.core;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/// How the resources of a placement group's bundles are named, apart from those of their nodes: by
/// the bundle, and by the group for whoever takes any. What is in a bundle asks for both, so that
/// it and what is anywhere in the group never have more together than was reserved.
///
/// @param label what people call the group
public record GroupNames(PlacementGroupId group, String label) {
  /// The resource that every bundle has; no user can give one of that name.
  private static final String MARK = "";

  /// Of [#MARK], so that what asks for nothing else can be in a bundle too.
  private static final long PLACES = 1_000_000 * Resources.SCALE;

  /// What a bundle adds to its node.
  public Resources ofBundle(int index, Resources reserved) {
    return renamed(OptionalInt.of(index), reserved, PLACES);
  }

  /// What work asks for that asks for these amounts in a bundle, or in any.
  ///
  /// @param index of the bundle
  public Resources asked(OptionalInt index, Resources amounts) {
    return renamed(index, amounts, amounts.isEmpty() ? 1 : 0);
  }

  /// A resource of a bundle, or of any.
  public String name(String resource, OptionalInt index) {
    return new BundleName(resource, group, index, label).toString();
  }

  private Resources renamed(OptionalInt index, Resources amounts, long mark) {
    Map<String, Long> units = new LinkedHashMap<>();
    amounts.toUnits().forEach((name, amount) -> put(units, index, name, amount));
    put(units, index, MARK, mark);
    return Resources.ofUnits(units);
  }

  private void put(Map<String, Long> units, OptionalInt index, String name, long amount) {
    units.put(name(name, OptionalInt.empty()), amount);
    if (index.isPresent()) {
      units.put(name(name, index), amount);
    }
  }

  static boolean isMark(String resource) {
    return resource.equals(MARK);
  }
}
