package io.manta.sharding;

import io.manta.core.NodeId;
import io.manta.core.SlotId;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.cluster.sharding.ShardCoordinator;
import scala.collection.immutable.IndexedSeq;
import scala.concurrent.Future;

/// Puts a slot on its home node while that lives, and afterwards on the survivor with the most free
/// resources. Nothing is ever moved from a living node.
final class HomeAllocation extends ShardCoordinator.AbstractShardAllocationStrategy {
  private final Function<ActorRef, Optional<NodeId>> nodeOf;
  private final ToDoubleFunction<NodeId> free;

  /// @param nodeOf the node of a shard region
  /// @param free how much a node has free; the largest is chosen
  HomeAllocation(Function<ActorRef, Optional<NodeId>> nodeOf, ToDoubleFunction<NodeId> free) {
    this.nodeOf = nodeOf;
    this.free = free;
  }

  @Override
  public Future<ActorRef> allocateShard(
      ActorRef requester, String shard, Map<ActorRef, IndexedSeq<String>> current) {
    NodeId home = SlotId.parse(shard).home();
    Optional<ActorRef> atHome =
        current.keySet().stream()
            .filter(region -> nodeOf.apply(region).filter(home::equals).isPresent())
            .findAny();
    if (atHome.isEmpty() && nodeOf.apply(requester).isEmpty()) {
      return Future.successful(requester); // a node so new that it is not known here: the home
    }
    return Future.successful(
        atHome.orElseGet(
            () ->
                current.keySet().stream()
                    .max(
                        Comparator.<ActorRef>comparingDouble(
                                region ->
                                    nodeOf.apply(region).map(free::applyAsDouble).orElse(-1.0))
                            .thenComparing(ActorRef::compareTo))
                    .orElse(requester)));
  }

  @Override
  public Future<Set<String>> rebalance(
      Map<ActorRef, IndexedSeq<String>> current, Set<String> inProgress) {
    return Future.successful(Set.of());
  }
}
