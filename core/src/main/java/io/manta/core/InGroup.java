package io.manta.core;

import java.util.List;
import java.util.OptionalInt;
import java.util.StringJoiner;

/// The placement group that work is in.
///
/// @param names of the group's resources
/// @param bundles of the group
/// @param index of the one bundle that it may use; any when empty
/// @param capturesChildren whether what it submits and creates is in the group too
public record InGroup(
    GroupNames names, List<Bundle> bundles, OptionalInt index, boolean capturesChildren) {
  public InGroup {
    bundles = List.copyOf(bundles);
    if (index.isPresent() && (index.getAsInt() < 0 || index.getAsInt() >= bundles.size())) {
      throw new IllegalArgumentException(
          "placement group %s has no bundle %d; its %d are numbered from 0"
              .formatted(names.label(), index.getAsInt(), bundles.size()));
    }
  }

  /// In any bundle.
  public InGroup anywhere() {
    return new InGroup(names, bundles, OptionalInt.empty(), capturesChildren);
  }

  /// What these amounts are called in the group.
  ///
  /// @throws InfeasibleException when no bundle that may be used could ever hold them
  public Resources asked(Resources amounts) {
    boolean fits =
        index.isPresent()
            ? bundles.get(index.getAsInt()).resources().cover(amounts)
            : bundles.stream().anyMatch(bundle -> bundle.resources().cover(amounts));
    if (!fits) {
      throw new InfeasibleException(tooLarge(amounts));
    }
    return names.asked(index, amounts);
  }

  private String tooLarge(Resources amounts) {
    String ask = " ask for less, such as cpus(0) for no cpu, or make the bundle larger";
    if (index.isPresent()) {
      return "bundle %d of placement group %s has %s and can never hold %s;%s"
          .formatted(index.getAsInt(), names.label(), bundles.get(index.getAsInt()), amounts, ask);
    }
    return "no bundle of placement group %s can ever hold %s; it has %s;%s"
        .formatted(names.label(), amounts, sizes(), ask);
  }

  private String sizes() {
    var sizes = new StringJoiner(", ");
    int index = 0;
    while (index < bundles.size()) {
      int last = index;
      while (last + 1 < bundles.size() && bundles.get(last + 1).equals(bundles.get(index))) {
        last++;
      }
      sizes.add(
          last == index
              ? "bundle %d of %s".formatted(index, bundles.get(index))
              : "bundles %d to %d of %s each".formatted(index, last, bundles.get(index)));
      index = last + 1;
    }
    return sizes.toString();
  }
}
