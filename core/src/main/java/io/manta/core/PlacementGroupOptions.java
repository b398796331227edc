package io.manta.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/// What a placement group reserves, and how.
///
/// @param bundles by their index; at least one
/// @param strategy how they are divided among the nodes; [PlacementGroup.Strategy#PACK] by default
/// @param name to find it by, one of its own; none by default
/// @param detached whether it outlives the process that creates it; not by default
/// @param capturesChildren whether what its tasks and actors submit and create is in it too, unless
///   they say otherwise; not by default
public record PlacementGroupOptions(
    List<Bundle> bundles,
    PlacementGroup.Strategy strategy,
    Optional<String> name,
    boolean detached,
    boolean capturesChildren) {
  /// So that one message has all of them.
  public static final int MOST_BUNDLES = 10_000;

  private static final PlacementGroupOptions DEFAULTS =
      new PlacementGroupOptions(
          List.of(), PlacementGroup.Strategy.PACK, Optional.empty(), false, false);

  public PlacementGroupOptions {
    bundles = List.copyOf(bundles);
    if (bundles.size() > MOST_BUNDLES) {
      throw new IllegalArgumentException(
          "%d bundles are more than the %d that a placement group may have"
              .formatted(bundles.size(), MOST_BUNDLES));
    }
    if (name.isPresent() && name.get().isBlank()) {
      throw new IllegalArgumentException(
          "the name '" + name.get() + "' of a placement group is blank; leave it out");
    }
  }

  /// Without a bundle yet.
  public static PlacementGroupOptions defaults() {
    return DEFAULTS;
  }

  /// One more.
  public PlacementGroupOptions withBundle(Bundle bundle) {
    return withBundles(1, bundle);
  }

  /// So many more.
  public PlacementGroupOptions withBundles(int count, Bundle bundle) {
    if (count < 1) {
      throw new IllegalArgumentException("a count of " + count + " bundles must be 1 or more");
    }
    var all = new ArrayList<>(bundles);
    all.addAll(Collections.nCopies(count, bundle));
    return new PlacementGroupOptions(all, strategy, name, detached, capturesChildren);
  }

  public PlacementGroupOptions withStrategy(PlacementGroup.Strategy value) {
    return new PlacementGroupOptions(bundles, value, name, detached, capturesChildren);
  }

  public PlacementGroupOptions withName(String value) {
    return new PlacementGroupOptions(
        bundles, strategy, Optional.of(value), detached, capturesChildren);
  }

  public PlacementGroupOptions withDetached(boolean value) {
    return new PlacementGroupOptions(bundles, strategy, name, value, capturesChildren);
  }

  public PlacementGroupOptions withCapturesChildren(boolean value) {
    return new PlacementGroupOptions(bundles, strategy, name, detached, value);
  }
}
