package io.manta.serve.internal;

import io.manta.actors.ActorBuilder;
import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.core.ActorDiedException;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.GetTimeoutException;
import io.manta.core.InfeasibleException;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.core.ObjectRef;
import io.manta.core.RemoteCallable;
import io.manta.core.Resources;
import io.manta.core.TaskFailedException;
import io.manta.core.WaitInterruptedException;
import io.manta.serve.Application;
import io.manta.serve.Deployment;
import io.manta.serve.Handler;
import io.manta.serve.internal.Records.ApplicationRecord;
import io.manta.serve.internal.Records.FrontRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings deployments to life: creates the replicas, waits until they answer, publishes the route
/// and waits until the fronts have it.
public final class Deployer {
  private static final Logger LOG = LoggerFactory.getLogger(Deployer.class);

  /// A replica comes back as long as some node lives.
  private static final int RESTARTS = Integer.MAX_VALUE;

  /// How long nodes have to start their fronts and reach the replicas.
  private static final Duration FRONT_TIME = Duration.ofSeconds(15);

  /// How long fronts have to take a route back.
  private static final Duration WITHDRAW_TIME = Duration.ofSeconds(10);

  /// How long handlers have to close what they hold.
  private static final Duration STOP_TIME = Duration.ofSeconds(5);

  private final Manta manta;

  public Deployer(Manta manta) {
    this.manta = manta;
  }

  /// See [io.manta.serve.Serve#run].
  public Application run(Deployment<?, ?> deployment) {
    requireFree(deployment);
    String generation = Long.toUnsignedString(ThreadLocalRandom.current().nextLong(), 36);
    var replicas = new LinkedHashMap<String, ActorHandle<Replica>>();
    try {
      for (int i = 0; i < deployment.options().replicas(); i++) {
        String name = "serve:" + deployment.name() + ":" + generation + "#" + i;
        replicas.put(name, create(deployment, name));
      }
      awaitReplicas(deployment, List.copyOf(replicas.values()));
      var record = ApplicationRecord.of(deployment, generation, List.copyOf(replicas.keySet()));
      var application = new RunningApplication(manta, deployment, record, replicas);
      try {
        Records.applications(manta).put(record.name(), Records.write(record));
        awaitFronts(record);
        return application;
      } catch (RuntimeException e) {
        application.close();
        throw e;
      }
    } catch (RuntimeException e) {
      replicas.values().forEach(ActorHandle::kill);
      throw e;
    }
  }

  /// Refuses a name or route that a living application has. The record of one whose replicas are
  /// all gone, because its driver was killed, is removed.
  private void requireFree(Deployment<?, ?> deployment) {
    var applications =
        Records.read(Records.applications(manta).all(), ApplicationRecord.class).values();
    for (ApplicationRecord other : applications) {
      boolean sameName = other.name().equals(deployment.name());
      if (!sameName && !other.route().equals(deployment.route())) {
        continue;
      }
      boolean lives =
          other.replicas().stream()
              .anyMatch(
                  name -> manta.find(ClusterConnector.NAMESPACE, name, Replica.class).isPresent());
      if (lives) {
        throw new IllegalArgumentException(
            sameName
                ? "an application named '"
                    + other.name()
                    + "' is served already; close it first,"
                    + " or choose another name"
                : "route '"
                    + other.route()
                    + "' of deployment '"
                    + deployment.name()
                    + "' leads to application '"
                    + other.name()
                    + "' already; choose another by route(...)");
      }
      Records.applications(manta).remove(other.name());
    }
  }

  private ActorHandle<Replica> create(Deployment<?, ?> deployment, String actorName) {
    String name = deployment.name();
    RemoteCallable<? extends Handler<?, ?>> constructor = deployment.constructor();
    Optional<String> requestType = deployment.requestType();
    ActorBuilder<Replica> actor =
        manta
            .actor(new ReplicaCalls.Make(name, constructor, requestType))
            .named(actorName)
            .namespace(ClusterConnector.NAMESPACE)
            .maxRestarts(RESTARTS)
            .maxConcurrency(deployment.options().maxOngoing());
    var resources = deployment.options().resources();
    if (resources.isPresent()) {
      for (var amount : resources.get().toMap().entrySet()) {
        actor = actor.resource(amount.getKey(), amount.getValue());
      }
    }
    return actor.create();
  }

  private void awaitReplicas(Deployment<?, ?> deployment, List<ActorHandle<Replica>> replicas) {
    var pings =
        new Pings(
            replicas.stream()
                .<Supplier<ObjectRef<Boolean>>>map(
                    replica -> () -> replica.call(new ReplicaCalls.Ping()))
                .toList());
    Duration time = deployment.options().startTimeout();
    try {
      pings.await(time);
    } catch (GetTimeoutException e) {
      throw new GetTimeoutException(late(deployment, pings, time), e);
    } catch (TaskFailedException | ActorDiedException e) {
      if (e.getCause() instanceof InfeasibleException why) {
        throw new InfeasibleException(
            "no replica of '" + deployment.name() + "' can be placed: " + why.getMessage(), why);
      }
      throw new TaskFailedException(
          "a replica of '" + deployment.name() + "' can't start: " + e.getMessage(),
          e.getCause() == null ? e : e.getCause());
    }
  }

  private String late(Deployment<?, ?> deployment, Pings pings, Duration time) {
    List<ObjectRef<Boolean>> silent = pings.unanswered();
    String reason =
        silent.stream().findFirst().flatMap(manta::explain).map(why -> ": " + why).orElse("");
    return silent.size()
        + " of "
        + deployment.options().replicas()
        + " replicas of '"
        + deployment.name()
        + "' did not answer within "
        + time.toMillis()
        + " ms (startTimeout)"
        + reason
        + ". A replica asks for "
        + deployment.options().resources().orElse(Resources.cpus(1))
        + "; free in the cluster are "
        + manta.availableResources();
  }

  /// Waits for the fronts of all living nodes; a node that has none, since it lacks this library,
  /// is named in the log and not waited for any longer.
  private void awaitFronts(ApplicationRecord record) {
    boolean all;
    try {
      all =
          Fronts.await(
              manta,
              fronts ->
                  fronts.keySet().containsAll(nodes())
                      && fronts.values().stream().allMatch(front -> routes(front, record)),
              FRONT_TIME);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WaitInterruptedException("interrupted while '" + record.name() + "' started", e);
    }
    if (all) {
      return;
    }
    Map<NodeId, FrontRecord> fronts = Fronts.living(manta, Records.fronts(manta).all());
    fronts.values().removeIf(front -> !routes(front, record));
    if (fronts.isEmpty()) {
      throw new ClusterUnavailableException(
          "no node serves '"
              + record.name()
              + "' over HTTP after "
              + FRONT_TIME.toSeconds()
              + " s; is manta-serve on the class path of the nodes?");
    }
    var without = new HashSet<>(nodes());
    without.removeAll(fronts.keySet());
    if (!without.isEmpty()) { // the last one may have come, or died, just now
      LOG.warn("'{}' is not served over HTTP by {}", record.name(), without);
    }
  }

  private List<NodeId> nodes() {
    return manta.nodes().stream().map(NodeInfo::id).toList();
  }

  private static boolean routes(FrontRecord front, ApplicationRecord record) {
    return record.generation().equals(front.applications().get(record.name()));
  }

  /// Takes the route of an application from all fronts, then stops its replicas: in order where
  /// they answer in time.
  static void withdraw(
      Manta manta, ApplicationRecord record, Collection<ActorHandle<Replica>> replicas) {
    try {
      Records.removeApplication(manta, record);
      Fronts.await(
          manta,
          fronts -> fronts.values().stream().noneMatch(front -> routes(front, record)),
          WITHDRAW_TIME);
      var stopped = new ArrayList<ObjectRef<Boolean>>();
      replicas.forEach(replica -> stopped.add(replica.call(new ReplicaCalls.Stop())));
      manta.await(stopped, stopped.size(), STOP_TIME);
    } catch (MantaException | IllegalStateException e) {
      LOG.warn("'{}' can't be stopped in order", record.name(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      replicas.forEach(ActorHandle::kill);
    }
  }
}
