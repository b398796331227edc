package io.manta.actors.internal;

import io.manta.actors.ClusterRecords;
import io.manta.core.ActorId;
import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.core.Resources;
import io.manta.core.SlotId;
import io.manta.objects.ValueCodec;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Shape;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/// What a runtime knows of the other processes, and how it reaches them. An embedded node is
/// [Alone].
interface Cluster extends AutoCloseable {
  /// Whether there is nobody else, now and later.
  boolean isAlone();

  /// The living nodes as the scheduler sees them; a node is among its own.
  Collection<NodeView> views();

  List<NodeInfo> nodes();

  /// A node said what it has and has free, besides its status.
  default void heard(NodeId node, Resources total, Resources available) {}

  /// The other processes that live, drivers too.
  Collection<NodeId> others();

  /// Whether it is known and not gone.
  boolean isAlive(NodeId process);

  /// Whether it lived and does no more. A process may be neither alive nor gone: not known yet.
  boolean isGone(NodeId process);

  /// Where others connect.
  Optional<String> address();

  /// Sends reliably and in order; what is sent to a process that died is lost, and its death is
  /// told. To this process it is handled at once on the calling thread.
  void send(NodeId to, Message message);

  /// Starts an actor of this node in its slot.
  void startInSlot(SlotId slot, ActorCell cell);

  /// Asks where a slot is now; the answer comes as [Message.SlotAt].
  void locateSlot(SlotId slot);

  /// The answer came; it is not asked again.
  void slotFound(SlotId slot);

  /// Claims a name for an actor. Completes with the actor that has it: this one, or another.
  CompletionStage<ActorId> claimName(String name, ActorId actor);

  /// The actor has that name: whoever keeps the name may have died, and others forgot.
  void claimNameAgain(String name, ActorId actor);

  void releaseName(String name, ActorId actor);

  CompletionStage<Optional<ActorId>> findName(String name);

  /// More work of a shape waits than this process can run.
  void demand(Shape shape);

  /// The classes of jobs, and how their values are encoded.
  JobCodecs codecs();

  /// The codec for the classes of a job.
  default ValueCodec codec(JobId job) {
    return codecs().codec(job);
  }

  ClusterRecords records(String space);

  /// The living nodes, also those that have not said yet what they have.
  default Set<NodeId> members() {
    return Set.of();
  }

  /// What tells the folder in which this node keeps records from those of other nodes.
  default Optional<String> stateFolder() {
    return Optional.empty();
  }

  /// Merges what all other nodes have of the kept records into what this one has. Completes with
  /// false when one did not answer in time.
  default CompletionStage<Boolean> readRecords() {
    return CompletableFuture.completedStage(true);
  }

  /// This process is about to close: others are to send it no more work.
  void leave();

  /// What this node offers has changed: others are told, and leases end when it is cordoned.
  void changed();

  @Override
  void close();
}
