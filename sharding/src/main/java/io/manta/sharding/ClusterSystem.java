package io.manta.sharding;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.ConfigurationException;
import io.manta.core.NodeId;
import io.manta.objects.security.SecurityFolder;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.PoisonPill;
import org.apache.pekko.actor.Props;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.ClusterSharding;
import org.apache.pekko.cluster.sharding.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.ShardRegion;
import org.apache.pekko.remote.artery.tcp.SSLEngineProviderSetup;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The actor system of a process with a port: a member of the cluster, or a driver that only speaks
/// to members.
public final class ClusterSystem implements AutoCloseable {
  public static final String NAME = "manta";

  private static final Logger LOG = LoggerFactory.getLogger(ClusterSystem.class);
  private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.\\d{1,3}){3}");
  private static final Duration VIEW_DEADLINE = Duration.ofSeconds(5);
  private static final Duration LEAVE_DEADLINE = Duration.ofSeconds(8);
  private static final int PROBE_MILLIS = 500;
  private static final int END_MILLIS = 300;

  /// Until the coordinators of a node that died start elsewhere. After a cut of the network its two
  /// sides may decide up to as long apart as the split-brain resolver waits; there is none on
  /// loopback.
  private static final String REMOVAL = "4s";

  private static final String REMOVAL_ON_LOOPBACK = "2s";

  private final ActorSystem system;
  private final String address;
  private final boolean member;
  private final Optional<TransportSecurity> security;

  private ClusterSystem(ActorSystem system, boolean member, Optional<TransportSecurity> security) {
    this.system = system;
    this.member = member;
    this.security = security;
    CoordinatedShutdown.get(system)
        .addTask(
            CoordinatedShutdown.PhaseActorSystemTerminate(),
            "manta-end-connections",
            this::endConnectionsSoon);
    Address own = ((ExtendedActorSystem) system).provider().getDefaultAddress();
    this.address = own.getHost().orElse("127.0.0.1") + ":" + own.getPort().orElse(0);
  }

  /// Opens the port.
  ///
  /// @param at what is bound, and where others reach it; port 0 takes a free one
  /// @param member whether it can join a cluster
  /// @param security for TLS, which who has none can't speak to; it has to be for the host
  /// @throws ConfigurationException when the port is taken, or the host not of this machine
  public static ClusterSystem start(
      NodeId self, Listening at, boolean member, Optional<SecurityFolder> security) {
    return start(self, at, member, security, Map.of());
  }

  /// As [#start]; it can be cut off from others and killed, as tests do. Costs a look-up for each
  /// frame.
  public static ClusterSystem startFaulty(
      NodeId self, String host, int port, Optional<SecurityFolder> security) {
    return start(
        self,
        Listening.at(host, port),
        true,
        security,
        Map.of(
            "pekko.remote.artery.advanced.test-mode",
            true,
            "pekko.coordinated-shutdown.run-by-actor-system-terminate",
            false));
  }

  private static ClusterSystem start(
      NodeId self,
      Listening at,
      boolean member,
      Optional<SecurityFolder> security,
      Map<String, Object> more) {
    Safeguard.check();
    Config settings =
        ConfigFactory.parseMap(
                Map.of(
                    "pekko.actor.provider",
                    member ? "cluster" : "remote",
                    "pekko.remote.artery.transport",
                    security.isPresent() ? "tls-tcp" : "tcp",
                    "pekko.cluster.down-removal-margin",
                    isLoopback(at.host()) ? REMOVAL_ON_LOOPBACK : REMOVAL,
                    "pekko.cluster.roles",
                    List.of(self.toString())))
            .withFallback(ConfigFactory.parseMap(at.settings()));
    Config config =
        ConfigFactory.load(
            ConfigFactory.parseMap(more)
                .withFallback(settings)
                .withFallback(ConfigFactory.parseResources("manta-cluster.conf")));
    Optional<TransportSecurity> transport =
        security.map(folder -> new TransportSecurity(folder, at.host()));
    try {
      return new ClusterSystem(
          ActorSystem.create(NAME, setup(config, transport)), member, transport);
    } catch (RuntimeException e) {
      transport.ifPresent(TransportSecurity::close);
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof BindException || String.valueOf(cause.getMessage()).contains("bind")) {
          throw notBound(at, e);
        }
      }
      throw e;
    }
  }

  private static ConfigurationException notBound(Listening at, RuntimeException e) {
    try (var socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(at.bindHost().orElse(at.host()), 0));
    } catch (IOException other) {
      return new ConfigurationException(
          "host %s is no address of this machine (%s); choose one that it has"
              .formatted(at.bindHost().orElse(at.host()), other.getMessage()),
          e);
    }
    return new ConfigurationException(at + " is taken; end what uses it, or choose another", e);
  }

  private static ActorSystemSetup setup(Config config, Optional<TransportSecurity> security) {
    ActorSystemSetup setup =
        ActorSystemSetup.create(
            BootstrapSetup.create(config).withClassloader(ClusterSystem.class.getClassLoader()));
    return security
        .map(transport -> setup.withSetup(SSLEngineProviderSetup.create(_ -> transport)))
        .orElse(setup);
  }

  /// Whether only processes of this machine reach it.
  public static boolean isLoopback(String host) {
    return LOOPBACK.matcher(host).matches();
  }

  public ActorSystem system() {
    return system;
  }

  /// `host:port`.
  public String address() {
    return address;
  }

  /// Founds a new cluster, or joins the first that answers; blocks until this is a member.
  ///
  /// @param peers `host:port` of members; empty founds a cluster
  public void join(List<String> peers, Duration timeout) {
    Cluster cluster = Cluster.get(system);
    var up = new CompletableFuture<Boolean>();
    cluster.registerOnMemberUp(() -> up.complete(true));
    system
        .getWhenTerminated()
        .thenRun(() -> up.completeExceptionally(new IllegalStateException("it was ended")));
    if (peers.isEmpty()) {
      cluster.join(cluster.selfAddress());
    } else {
      cluster.joinSeedNodes(peers.stream().map(ClusterSystem::toAddress).toList());
    }
    try {
      up.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ClusterUnavailableException("interrupted while joining " + peers, e);
    } catch (ExecutionException e) {
      throw new ClusterUnavailableException(
          "the cluster at %s did not take this node, for the reason that the log gives"
              .formatted(String.join(", ", peers)),
          e);
    } catch (TimeoutException e) {
      throw new ClusterUnavailableException(noAnswer(peers, timeout), e);
    }
  }

  /// Why a cluster was not reached, in words.
  ///
  /// @param peers `host:port` of those that were asked
  public String noAnswer(List<String> peers, Duration timeout) {
    return "no node answered at %s within %d s: %s"
        .formatted(String.join(", ", peers), timeout.toSeconds(), whyNot(peers));
  }

  private String whyNot(List<String> peers) {
    Map<String, String> failures = security.map(TransportSecurity::failures).orElse(Map.of());
    String unbelieved =
        peers.stream()
            .filter(failures::containsKey)
            .map(peer -> peer + " (" + failures.get(peer) + ")")
            .collect(Collectors.joining(", "));
    if (!unbelieved.isEmpty()) {
      return "what listens there did not show a certificate that this process believes: "
          + unbelieved;
    }
    String taken = peers.stream().filter(ClusterSystem::listens).collect(Collectors.joining(", "));
    if (taken.isEmpty()) {
      return "nothing listens there; check the address, and that the node runs";
    }
    return "what listens at "
        + taken
        + (security.isPresent()
            ? " is one without TLS, or one that refuses this process's certificate or token, as its"
                + " log then says"
            : " is one that asks for TLS, for which this process has no 'security' (MANTA_SECURITY, or"
                + " --security)")
        + ", or one that is too busy, or whose cluster waits for a node that it lost, or no node of"
        + " Manta: check the address";
  }

  private static boolean listens(String hostPort) {
    int colon = hostPort.lastIndexOf(':');
    try (var socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(
              hostPort.substring(0, colon), Integer.parseInt(hostPort.substring(colon + 1))),
          PROBE_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static Address toAddress(String hostPort) {
    return AddressFromURIString.parse("pekko://" + NAME + "@" + hostPort);
  }

  /// Calls back when this process is no member any more, of its own will or not.
  public void whenRemoved(Runnable callback) {
    Cluster.get(system).registerOnMemberRemoved(callback);
  }

  /// The members by now, with all that were there before this process was one; `host:port` of each.
  /// Once this process is a member; waits until that is seen, at most some seconds.
  public Map<NodeId, String> members() {
    Cluster cluster = Cluster.get(system);
    long end = System.nanoTime() + VIEW_DEADLINE.toNanos();
    while (cluster.selfMember().status() != MemberStatus.up() && System.nanoTime() < end) {
      LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
    }
    var members = new HashMap<NodeId, String>();
    for (Member member : cluster.state().getMembers()) {
      if (member.status() == MemberStatus.up()) {
        members.put(Membership.id(member), Membership.hostPort(member));
      }
    }
    return members;
  }

  /// Tells a listener of the members there are, and of each that comes and goes.
  public void listen(MembershipListener listener) {
    system.actorOf(
        Props.create(Membership.class, () -> new Membership(listener)), "manta-membership");
  }

  /// Removes a member that is known to be dead.
  public void down(String memberAddress) {
    LOG.info("the process at {} is gone: it is removed from the cluster", memberAddress);
    Cluster cluster = Cluster.get(system);
    cluster.down(toAddress(memberAddress));
    HeartbeatsOrEnd.ended(cluster, toAddress(memberAddress));
  }

  /// Starts hosting slots.
  ///
  /// @param slot the actor of a slot; its name is the slot's id, URL-encoded
  /// @param free how much a node has free
  /// @return where [EntityMessage]s to slots go
  public ActorRef startSlots(
      Props slot,
      Function<Address, Optional<NodeId>> nodeAt,
      NodeId self,
      ToDoubleFunction<NodeId> free) {
    var allocation =
        new HomeAllocation(
            region -> {
              Address at = region.path().address();
              return at.hasLocalScope() ? Optional.of(self) : nodeAt.apply(at);
            },
            free);
    return ClusterSharding.get(system)
        .start(
            "slots",
            slot,
            ClusterShardingSettings.create(system),
            new ByEntity(Integer.MAX_VALUE),
            allocation,
            PoisonPill.getInstance());
  }

  /// Starts hosting entities that may live on any node.
  ///
  /// @param name of the kind of entity
  /// @return where [EntityMessage]s to them go
  public ActorRef startEntities(String name, Props entity) {
    return ClusterSharding.get(system)
        .start(name, entity, ClusterShardingSettings.create(system), new ByEntity(16));
  }

  /// Entities by the id in the message; as many shards as entities, or a fixed number.
  private record ByEntity(int shards) implements ShardRegion.MessageExtractor {
    @Override
    @SuppressWarnings("NullAway") // null is how Pekko is told that a message is not for an entity
    public String entityId(Object message) {
      return message instanceof EntityMessage(String entity, byte[] ignored) ? entity : null;
    }

    @Override
    public Object entityMessage(Object message) {
      return message;
    }

    @Override
    @SuppressWarnings("NullAway")
    public String shardId(Object message) {
      return switch (message) {
        case EntityMessage(String entity, byte[] ignored) -> shard(entity);
        case ShardRegion.StartEntity start -> shard(start.entityId());
        default -> null;
      };
    }

    private String shard(String entity) {
      return shards == Integer.MAX_VALUE
          ? entity
          : Integer.toString(Math.floorMod(entity.hashCode(), shards));
    }
  }

  /// From now on drops all that comes from another process or goes there, in silence. Only where
  /// this was started to be faulty.
  ///
  /// @param peer `host:port`
  public void cut(String peer) {
    Faults.cut(system, toAddress(peer));
  }

  /// Ends what [#cut] began.
  public void heal(String peer) {
    Faults.heal(system, toAddress(peer));
  }

  /// Ends the actor system and closes its port without a word to the others, which were all cut
  /// off; waits until done or some seconds. Only where this was started to be faulty.
  public void kill() {
    terminate();
  }

  /// Leaves the cluster, if a member, and ends the actor system; waits until done or some seconds.
  @Override
  public void close() {
    try {
      if (member) {
        CoordinatedShutdown.get(system)
            .runAll(CoordinatedShutdown.clusterLeavingReason())
            .toCompletableFuture()
            .get(LEAVE_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("the actor system did not leave within {}", LEAVE_DEADLINE);
    }
    terminate();
  }

  /// Those with TLS that have not ended by themselves by then.
  private CompletionStage<Done> endConnectionsSoon() {
    security.ifPresent(
        transport ->
            CompletableFuture.delayedExecutor(END_MILLIS, TimeUnit.MILLISECONDS)
                .execute(transport::endAll));
    return CompletableFuture.completedFuture(Done.getInstance());
  }

  private void terminate() {
    system.terminate();
    security.ifPresent(TransportSecurity::close);
    endConnectionsSoon();
    try {
      system
          .getWhenTerminated()
          .toCompletableFuture()
          .get(LEAVE_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("the actor system did not end within {}", LEAVE_DEADLINE);
    }
  }
}
