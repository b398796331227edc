package io.manta.actors;

import io.manta.actors.internal.Arguments;
import io.manta.core.Bundle;
import io.manta.core.PlacementGroup;
import io.manta.core.PlacementGroupOptions;
import io.manta.core.Resources;
import java.util.function.Function;

/// A placement group to be and its options. Immutable: each setter gives another builder.
public final class PlacementGroupBuilder {
  private final Function<PlacementGroupOptions, PlacementGroup> creator;
  private final PlacementGroupOptions options;

  /// For runtimes; users call [Manta#placementGroup].
  public PlacementGroupBuilder(
      Function<PlacementGroupOptions, PlacementGroup> creator, PlacementGroupOptions options) {
    this.creator = creator;
    this.options = options;
  }

  /// One more bundle: resources reserved on one node.
  public PlacementGroupBuilder bundle(Resources resources) {
    return with(options.withBundle(new Bundle(given(resources))));
  }

  /// One more bundle, on a node with these labels.
  ///
  /// @param labels a [io.manta.core.LabelSelector]
  public PlacementGroupBuilder bundle(Resources resources, String labels) {
    return with(options.withBundle(new Bundle(given(resources), Arguments.labels(labels))));
  }

  /// So many more bundles.
  public PlacementGroupBuilder bundles(int count, Resources resources) {
    return with(options.withBundles(count, new Bundle(given(resources))));
  }

  /// So many more bundles, each on a node with these labels.
  ///
  /// @param labels a [io.manta.core.LabelSelector]
  public PlacementGroupBuilder bundles(int count, Resources resources, String labels) {
    return with(options.withBundles(count, new Bundle(given(resources), Arguments.labels(labels))));
  }

  private static Resources given(Resources resources) {
    return Arguments.given(resources, "resources", "what to reserve, such as Resources.cpus(1)");
  }

  /// How the bundles are divided among the nodes; [PlacementGroup.Strategy#PACK] by default.
  public PlacementGroupBuilder strategy(PlacementGroup.Strategy strategy) {
    return with(
        options.withStrategy(
            Arguments.given(strategy, "strategy", "one, such as PlacementGroup.Strategy.PACK")));
  }

  /// A name that no other group has, for [Manta#findPlacementGroup]. When another has it, this one
  /// is not created: [PlacementGroup#ready] fails with a
  /// [io.manta.core.PlacementGroupRemovedException] that names the holder.
  ///
  /// @throws IllegalArgumentException when it is blank
  public PlacementGroupBuilder named(String name) {
    return with(options.withName(Arguments.named(name, "name", "a name of the group's own")));
  }

  /// It outlives the process that creates it: only [PlacementGroup#remove] ends it.
  public PlacementGroupBuilder detached() {
    return with(options.withDetached(true));
  }

  /// What its tasks and actors submit and create is in it too, in any bundle, unless they say
  /// otherwise: [TaskBuilder#inNoGroup].
  public PlacementGroupBuilder captureChildren() {
    return with(options.withCapturesChildren(true));
  }

  /// Creates the group; does not block. It is placed as soon as there is room for all of its
  /// bundles: see [PlacementGroup#ready].
  ///
  /// @throws IllegalArgumentException when it has no bundle
  public PlacementGroup create() {
    if (options.bundles().isEmpty()) {
      throw new IllegalArgumentException(
          "a placement group needs at least one bundle; add bundle(Resources.cpus(1))");
    }
    return creator.apply(options);
  }

  private PlacementGroupBuilder with(PlacementGroupOptions changed) {
    return new PlacementGroupBuilder(creator, changed);
  }
}
