package io.manta.actors.internal;

import io.manta.core.GetTimeoutException;
import io.manta.core.GroupNames;
import io.manta.core.InGroup;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroup;
import io.manta.core.PlacementGroupId;
import io.manta.core.PlacementGroupOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// A placement group as users of one process have it.
public final class GroupHandle implements PlacementGroup {
  private final MantaRuntime runtime;
  private final PlacementGroupId id;
  private final PlacementGroupOptions options;
  private final InGroup anywhere;

  GroupHandle(MantaRuntime runtime, PlacementGroupId id, PlacementGroupOptions options) {
    this.runtime = runtime;
    this.id = id;
    this.options = options;
    this.anywhere =
        new InGroup(
            names(id, options), options.bundles(), OptionalInt.empty(), options.capturesChildren());
  }

  static GroupNames names(PlacementGroupId id, PlacementGroupOptions options) {
    return new GroupNames(id, label(id, options.name()));
  }

  /// What people call it.
  static String label(PlacementGroupId id, Optional<String> name) {
    return name.orElseGet(id::toString);
  }

  /// What work asks for that is in a group.
  ///
  /// @param index of the bundle; any when empty
  public static InGroup of(@Nullable PlacementGroup group, OptionalInt index) {
    var handle =
        (GroupHandle)
            Arguments.given(group, "group", "what manta.placementGroup() creates or finds");
    InGroup anywhere = handle.anywhere;
    return index.isEmpty()
        ? anywhere
        : new InGroup(anywhere.names(), anywhere.bundles(), index, anywhere.capturesChildren());
  }

  PlacementGroupOptions options() {
    return options;
  }

  @Override
  public PlacementGroupId id() {
    return id;
  }

  @Override
  public Optional<String> name() {
    return options.name();
  }

  @Override
  public Strategy strategy() {
    return options.strategy();
  }

  @Override
  public List<Placed> bundles() {
    return placed(options, groups().nodes(id, what()));
  }

  static List<Placed> placed(PlacementGroupOptions options, Map<Integer, NodeId> nodes) {
    var placed = new ArrayList<Placed>();
    for (int i = 0; i < options.bundles().size(); i++) {
      placed.add(new Placed(i, options.bundles().get(i), Optional.ofNullable(nodes.get(i))));
    }
    return List.copyOf(placed);
  }

  @Override
  public CompletionStage<PlacementGroup> ready() {
    return groups()
        .known(id)
        .ready()
        .thenApplyAsync(done -> (PlacementGroup) this, runtime.callbacks())
        .minimalCompletionStage();
  }

  @Override
  public PlacementGroup await(Duration timeout) {
    KnownGroup known = groups().known(id);
    CompletableFuture<?> ready = known.ready();
    if (!Waits.await(ready, Ref.nanos(timeout), what())) {
      throw new GetTimeoutException(
          "%s was not placed within %s: %s"
              .formatted(what(), Durations.text(timeout), groups().whyPending(known)));
    }
    MantaException removal = known.removal();
    if (ready.isCompletedExceptionally() && removal != null) {
      throw Failed.rethrown(removal);
    }
    return this;
  }

  @Override
  public void remove() {
    groups().remove(id);
  }

  private PlacementGroups groups() {
    return runtime.submissions().groups();
  }

  private String what() {
    return "placement group " + anywhere.names().label();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof GroupHandle that && id.equals(that.id);
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return what();
  }
}
