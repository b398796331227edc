package io.manta.actors.internal;

import io.manta.actors.ClusterRecords;
import io.manta.actors.MantaConfig;
import io.manta.core.ActorId;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.ConfigurationException;
import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.core.ObjectUsage;
import io.manta.core.PlacementGroupId;
import io.manta.core.Resources;
import io.manta.core.SlotId;
import io.manta.core.TaskId;
import io.manta.core.WireVersion;
import io.manta.scheduler.LeaseRequest;
import io.manta.scheduler.LeaseTimes;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Shape;
import io.manta.sharding.ClusterSystem;
import io.manta.sharding.EntityMessage;
import io.manta.sharding.LinkHub;
import io.manta.sharding.LinkListener;
import io.manta.sharding.MembershipListener;
import io.manta.sharding.PeerMemory;
import io.manta.sharding.RecordsReplica;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Address;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A process with a port: a node that is a member of the cluster, or a driver that speaks to its
/// nodes. Both know the nodes by the status that each of them sends; a driver reaches sharding and
/// records through one of them, its gateway.
final class ClusterHost implements PekkoHost, Cluster, LinkListener, MembershipListener {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterHost.class);
  private static final long TICK_NANOS = Duration.ofMillis(20).toNanos();
  private static final long HEARTBEAT_NANOS = Duration.ofMillis(500).toNanos();
  private static final long RESOLVE_NANOS = Duration.ofSeconds(1).toNanos();
  private static final int PROBE_MILLIS = 500;
  private static final int REACH_MILLIS = 300;
  private static final long SEARCH_NANOS = Duration.ofMillis(500).toNanos();

  /// How long after a death it is still said that there was one.
  private static final long LATELY_NANOS = Duration.ofSeconds(30).toNanos();

  /// A living process.
  private static final class Peer {
    private final String address;
    private volatile @Nullable NodeView view;
    private volatile ObjectUsage objects = ObjectUsage.NONE;
    private volatile long heardNanos = System.nanoTime();
    private volatile boolean probing;

    /// Whether it lost another node of late.
    private volatile boolean lostNode;

    Peer(String address) {
      this.address = address;
    }
  }

  private final MantaRuntime runtime;
  private final MantaConfig config;
  private final ClusterSystem pekko;
  private final LinkHub links;
  private final JobCodecs codecs;
  private final Leases leases;
  private final LeaseTable granted;
  private final Optional<PeerMemory> memory;
  private final IncomingCall.Table incoming = new IncomingCall.Table();
  private final ConcurrentHashMap<NodeId, Peer> peers = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, NodeId> byAddress = new ConcurrentHashMap<>();

  /// Where nodes were found, or are to be.
  private final Set<String> nodeAddresses = ConcurrentHashMap.newKeySet();

  private final Set<NodeId> drivers = ConcurrentHashMap.newKeySet();

  /// Where a driver finds other drivers, once it has something to say to them.
  private final ConcurrentHashMap<NodeId, String> otherDrivers = new ConcurrentHashMap<>();

  private final Set<NodeId> attached = ConcurrentHashMap.newKeySet();
  private final Set<NodeId> gone = ConcurrentHashMap.newKeySet();
  private final ConcurrentHashMap<SlotId, Long> unresolved = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, CompletableFuture<Optional<ActorId>>> nameRequests =
      new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, CompletableFuture<Boolean>> writeRequests =
      new ConcurrentHashMap<>();
  private final AtomicLong requests = new AtomicLong();
  private final ConcurrentHashMap<String, SpaceRecords> spaces = new ConcurrentHashMap<>();
  private final Timer ticker;

  /// A node answered, a driver by all that drivers need to know; or why that is none for this
  /// process.
  private final CompletableFuture<Optional<String>> reached = new CompletableFuture<>();

  /// Whether all nodes were replaced by such ones.
  private volatile boolean refused;

  /// What nodes said to this driver the records are, of the one that it has known longest first,
  /// which it believes: one that has just joined may not have them yet.
  private final LinkedHashMap<NodeId, Map<String, byte[]>> toldRecords = new LinkedHashMap<>();

  private volatile Map<String, byte[]> records = Map.of();
  private volatile @Nullable ActorRef slots;
  private volatile @Nullable ActorRef routers;
  private volatile @Nullable ActorRef names;
  private volatile @Nullable RecordsReplica replica;
  private volatile @Nullable NodeId gateway;
  private volatile boolean closing;

  /// What takes the place of the routers after the loss of a node; used by the ticker alone.
  private final Map<Shape, Routing> direct = new HashMap<>();

  /// When a node was last lost.
  private volatile @Nullable Long lostNodeNanos;

  private Resources lastAvailable = Resources.NONE;
  private Optional<String> lastShortage = Optional.empty();
  private long lastStatusNanos;
  private long lastLeaseNanos;
  private long lastSearchNanos;

  ClusterHost(MantaRuntime runtime, ClusterSystem pekko) {
    this.runtime = runtime;
    this.config = runtime.config();
    this.pekko = pekko;
    this.ticker = new Timer("manta-status", failure -> runtime.fatal("a step due", failure));
    this.codecs = new JobCodecs(runtime);
    this.leases = new Leases(runtime, this::askRouter);
    this.granted = new LeaseTable(runtime);
    this.memory = runtime.isDriver() ? Optional.empty() : config.stateFolder().map(PeerMemory::new);
    this.links = new LinkHub(pekko.system(), runtime.id(), pekko.address(), this);
  }

  /// Makes this process part of the cluster; blocks until it is.
  void begin() {
    if (runtime.isDriver()) {
      connect();
    } else {
      join();
    }
    pekko
        .system()
        .getWhenTerminated()
        .thenRun(
            () -> {
              if (!closing) {
                runtime.fatal("its actor system", new IllegalStateException("it ended by itself"));
              }
            });
    ticker.scheduleWithFixedDelay(this::tick, TICK_NANOS, TICK_NANOS, TimeUnit.NANOSECONDS);
  }

  private void join() {
    List<String> remembered = memory.map(PeerMemory::read).orElse(List.of());
    var seeds = new ArrayList<String>();
    config.addresses().forEach(address -> seeds.add(Addresses.hostPort(address)));
    if (!config.newCluster()) {
      seeds.addAll(remembered);
    }
    seeds.removeIf(pekko.address()::equals);
    RecordsReplica kept = RecordsReplica.open(pekko.system(), config.stateFolder());
    replica = kept;
    try {
      long end = System.nanoTime() + config.joinTimeout().toNanos();
      if (!seeds.isEmpty()) {
        reach(seeds, links::ask, end); // before any of them takes it for a member
      }
      Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
      pekko.join(seeds.stream().distinct().toList(), left);
    } catch (ClusterUnavailableException e) {
      if (config.addresses().isEmpty()) {
        throw new ClusterUnavailableException(
            "%s; they are the peers this node last saw. Start one of them first, or found a new cluster with --new-cluster"
                .formatted(e.getMessage()),
            e);
      }
      throw e;
    }
    slots = pekko.startSlots(SlotActor.props(runtime), this::nodeAt, runtime.id(), this::freeShare);
    routers = pekko.startEntities("routers", RouterActor.props(runtime));
    names = pekko.startEntities("names", NameActor.props(runtime, this::mayForgetNames));
    kept.start(this::recordsChanged);
    pekko.members().forEach(this::joined);
    pekko.listen(this);
    pekko.whenRemoved(
        () -> {
          if (!closing) {
            LOG.error(
                "{} was removed from the cluster, since the others could not reach it; it ends",
                runtime.id());
            Thread.ofPlatform().name("manta-removed").start(runtime::close);
          }
        });
  }

  private void connect() {
    List<String> addresses = config.addresses().stream().map(Addresses::hostPort).toList();
    nodeAddresses.addAll(addresses);
    reach(addresses, links::probe, System.nanoTime() + config.joinTimeout().toNanos());
  }

  /// Asks until one answers.
  ///
  /// @throws ConfigurationException when one has another wire version
  private void reach(List<String> addresses, Consumer<String> ask, long end) {
    do {
      addresses.forEach(ask);
    } while (!awaitReached() && System.nanoTime() < end);
    if (!reached.isDone()) {
      throw new ClusterUnavailableException(pekko.noAnswer(addresses, config.joinTimeout()));
    }
    reached
        .join()
        .ifPresent(
            refusal -> {
              throw new ConfigurationException(refusal);
            });
  }

  /// For a while; also true when it is not worth it any more.
  private boolean awaitReached() {
    try {
      reached.get(REACH_MILLIS, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void speaks(String address, int version) {
    if (version == WireVersion.current()) {
      reached.complete(Optional.empty());
      return;
    }
    String refusal =
        "the node at %s is not one for this process: %s"
            .formatted(address, WireVersion.refusal(version));
    boolean begins = reached.complete(Optional.of(refusal)) || reached.join().isPresent();
    if (!begins && !refused && !closing && views().isEmpty()) {
      refused = true;
      LOG.error("{} has lost all nodes, and ends: {}", runtime.id(), refusal);
      Thread.ofPlatform().name("manta-refused").start(runtime::close);
    }
  }

  private Optional<NodeId> nodeAt(Address address) {
    return Optional.ofNullable(
        byAddress.get(address.getHost().orElse("") + ":" + address.getPort().orElse(0)));
  }

  private double freeShare(NodeId node) {
    NodeView view = view(node);
    return view == null ? -1 : view.available().cpus() + view.available().memory().bytes() / 1e12;
  }

  private @Nullable NodeView view(NodeId node) {
    if (node.equals(runtime.id())) {
      return ownView();
    }
    Peer peer = peers.get(node);
    return peer == null ? null : peer.view;
  }

  /// A node that is about to leave has nothing free for others.
  private NodeView ownView() {
    var ledger = runtime.admission().ledger();
    return new NodeView(
        runtime.id(),
        ledger.total(),
        runtime.isClosing() ? Resources.NONE : ledger.available(),
        runtime.admission().settled(),
        runtime.labels(),
        runtime.memory().shortage(),
        runtime.isClosing(),
        runtime.state().isCordoned());
  }

  // Status

  private void tick() {
    try {
      long now = System.nanoTime();
      Resources available = runtime.admission().ledger().available();
      Optional<String> shortage = runtime.memory().shortage();
      boolean changed = !available.equals(lastAvailable) || !shortage.equals(lastShortage);
      if (shortage.isPresent() && lastShortage.isEmpty()) {
        granted.recallAll();
        granted.reclaim();
      }
      lastShortage = shortage;
      long quiet = now - lastStatusNanos + TICK_NANOS / 2; // ticks come a little early, too
      long statusNanos = LeaseTimes.statusInterval(peers.size()).toNanos();
      if (changed ? quiet >= statusNanos : quiet > HEARTBEAT_NANOS) {
        lastAvailable = available;
        lastStatusNanos = now;
        sendToAll(ownStatus());
      }
      pumpAll();
      granted.tick();
      if (now - lastLeaseNanos > Duration.ofMillis(100).toNanos()) {
        lastLeaseNanos = now;
        leases.tick();
        leases.lookAgain();
        if (!nodeLostLately()) {
          direct.clear();
        }
        granted.recall();
        runtime.admission().resourcesFreed(); // what resources were held for may be gone
        resolveAgain(now);
        checkSilent(now);
        search(now);
      }
    } catch (RuntimeException e) {
      LOG.warn("a periodic step failed", e);
    }
  }

  private void pumpAll() {
    boolean chooses = false;
    for (Shape shape : runtime.admission().waitingShapes()) {
      if (!shape.isOnlyFor(runtime.id())) {
        leases.pump(shape);
      }
      chooses |= !shape.scheduling().isIndifferent();
    }
    if (chooses && !runtime.isDriver()) {
      runtime.admission().resourcesFreed(); // this node may be the best by now
    }
  }

  /// A driver that has lost all nodes looks for them where they were.
  private void search(long now) {
    if (runtime.isDriver() && now - lastSearchNanos > SEARCH_NANOS && views().isEmpty()) {
      lastSearchNanos = now;
      nodeAddresses.forEach(links::probe);
    }
  }

  private Message.NodeStatus ownStatus() {
    return new Message.NodeStatus(
        ownView(), pekko.address(), runtime.objects().usage(), lostNodeLately());
  }

  private void sendToAll(Message message) {
    byte[] bytes = Wire.encode(message);
    peers.keySet().forEach(peer -> links.send(peer, bytes));
  }

  @Override
  public void leave() {
    granted.recallAll();
    sendToAll(ownStatus());
  }

  @Override
  public void changed() {
    if (runtime.state().isCordoned()) {
      granted.recallAll();
      granted.reclaim();
    }
    sendToAll(ownStatus());
  }

  private void resolveAgain(long now) {
    unresolved.forEach(
        (slot, asked) -> {
          if (now - asked > RESOLVE_NANOS) {
            locateSlot(slot);
          }
        });
  }

  /// Processes that have said nothing for too long: drivers, and nodes as a driver sees them.
  private void checkSilent(long now) {
    for (var entry : peers.entrySet()) {
      boolean watched = runtime.isDriver() || drivers.contains(entry.getKey());
      long silent = now - entry.getValue().heardNanos;
      if (watched && silent > config.driverGrace().toNanos()) {
        gone(entry.getKey(), "nothing was heard of it for " + silent / 1_000_000_000 + " s");
      } else if (silent > 3 * HEARTBEAT_NANOS) {
        silent(entry.getKey());
      }
    }
  }

  // Links

  @Override
  public void received(NodeId from, byte[] message) {
    Peer peer = peers.get(from);
    if (peer != null) {
      peer.heardNanos = System.nanoTime();
    }
    Message decoded = Wire.decode(message);
    runtime.objects().arrives(decoded);
    runtime.receive(from, decoded);
  }

  @Override
  public void opened(NodeId peer, String address) {
    if (gone.contains(peer)) {
      links.send(peer, Wire.encode(new Message.Goodbye("it was given up")));
      return;
    }
    known(peer, address);
    if (runtime.isDriver()) {
      attachTo(peer); // and be told who else is there
    }
  }

  /// Before anything else it hears that this is a driver.
  private void connectAsDriver(NodeId peer, String address) {
    links.connect(peer, address);
    attachTo(peer);
  }

  private void attachTo(NodeId peer) {
    links.send(peer, Wire.encode(new Message.Attach(pekko.address())));
  }

  private Peer known(NodeId node, String address) {
    Peer existing = peers.get(node);
    if (existing != null) {
      return existing;
    }
    Peer peer = peers.computeIfAbsent(node, missing -> new Peer(address));
    byAddress.put(address, node);
    links.connect(node, address);
    lastStatusNanos = 0;
    return peer;
  }

  @Override
  public void replaced(NodeId peer) {
    if (peers.containsKey(peer)) {
      dead(peer, "its process was replaced by another");
    }
  }

  /// Between nodes that is for the cluster to settle, and this one ends when it was removed: it
  /// must not have those removed that go on.
  @Override
  public void forgotten(NodeId peer) {
    if (peers.containsKey(peer) && (runtime.isDriver() || drivers.contains(peer))) {
      gone(peer, "it took this process for gone");
    }
  }

  /// Finds out whether a process that does not answer is gone: then its port refuses.
  @Override
  public void silent(NodeId node) {
    Peer peer = peers.get(node);
    if (peer == null || peer.probing) {
      return;
    }
    peer.probing = true;
    Thread.ofPlatform()
        .daemon()
        .name("manta-probe")
        .start(
            () -> {
              try {
                if (refuses(peer.address)) {
                  dead(node, "its process ended");
                } else {
                  links.connect(node, peer.address);
                }
                Thread.sleep(PROBE_MILLIS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } finally {
                peer.probing = false;
              }
            });
  }

  private static boolean refuses(String address) {
    int colon = address.lastIndexOf(':');
    try (var socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(
              address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))),
          PROBE_MILLIS);
      return false;
    } catch (ConnectException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /// A process is known to be gone.
  private void dead(NodeId node, String reason) {
    Peer peer = peers.get(node);
    if (peer != null && !runtime.isDriver() && !drivers.contains(node)) {
      pekko.down(peer.address);
    }
    gone(node, reason);
  }

  // Membership

  @Override
  public void joined(NodeId node, String address) {
    if (!node.equals(runtime.id())) {
      NodeId before = byAddress.get(address);
      if (before != null && !before.equals(node)) {
        gone(before, "its process was replaced by another");
      }
      known(node, address);
      runtime.durables().nodeUp(node);
    } else {
      byAddress.put(address, node);
    }
    remember();
  }

  @Override
  public void left(NodeId node, String reason) {
    gone(node, reason);
    remember();
  }

  private void remember() {
    memory.ifPresent(
        file ->
            file.write(
                peers.entrySet().stream()
                    .filter(entry -> !drivers.contains(entry.getKey()))
                    .map(entry -> entry.getValue().address)
                    .toList()));
  }

  /// Once for each process, whoever notices first.
  private void gone(NodeId node, String reason) {
    if (node.equals(runtime.id()) || closing || !gone.add(node)) {
      return;
    }
    boolean unmet = otherDrivers.remove(node) != null;
    boolean driver = drivers.remove(node) || unmet;
    attached.remove(node);
    if (!driver) {
      lostNodeNanos = System.nanoTime();
    }
    Peer peer = peers.remove(node);
    if (peer != null) {
      byAddress.remove(peer.address, node);
    }
    LOG.info("{} {} is gone: {}", driver ? "driver" : "node", node, reason);
    links.forget(node);
    forgetRecordsOf(node);
    if (!runtime.isDriver()) {
      var message = new Message.NodeGone(node, reason);
      drivers.forEach(other -> send(other, message));
    }
    if (node.equals(gateway)) {
      gateway = null;
    }
    ticker.later(Duration.ZERO, () -> afterGone(node, reason));
  }

  private void afterGone(NodeId node, String reason) {
    leases.nodeGone(node, reason);
    granted.holderGone(node);
    incoming.callerGone(node);
    runtime.jobEnded(new JobId(node));
    codecs.forget(new JobId(node));
    runtime.nodeDied(node, reason);
    runtime.actors().owned().claimNamesAgain();
    runtime.groups().owned().claimNamesAgain();
  }

  @Override
  public void receive(NodeId from, Message message) {
    switch (message) {
      case Message.NodeStatus status -> status(from, status);
      case Message.RunTask task -> granted.run(from, task);
      case Message.TaskDone done -> leases.done(from, done);
      case Message.TaskRefused refused -> leases.refused(from, refused);
      case Message.TaskItem item -> leases.item(from, item);
      case Message.CallActor call -> IncomingCall.receive(runtime, incoming, from, call);
      case Message.CancelCall cancel -> incoming.cancel(from, cancel);
      case Message.CallCredit credit -> incoming.credit(from, credit);
      case Message.Reserve reserve -> granted.reserve(reserve);
      case Message.LeaseGranted lease -> leases.granted(from, lease);
      case Message.RecallLease recall -> leases.recalled(from, recall.lease());
      case Message.ReturnLease lease -> granted.returned(lease.lease());
      case Message.RequestLeases request -> route(request);
      case Message.FetchClass fetch -> codecs.fetch(from, fetch);
      case Message.JarList list -> codecs.listed(list);
      case Message.ClassFile file -> codecs.fetched(file);
      case Message.Attach attach -> attach(from, attach.address());
      case Message.DriverAt other -> driverAt(other);
      case Message.Goodbye goodbye -> gone(from, goodbye.reason());
      case Message.NodeGone node -> gone(node.node(), node.reason());
      case Message.LocateSlot locate -> tell(slots, SlotActor.locate(locate.slot(), from));
      case Message.ClaimName claim -> tell(names, NameActor.message(claim.name(), from, claim));
      case Message.ReleaseName release ->
          tell(names, NameActor.message(release.name(), from, release));
      case Message.NameHeld held -> {
        held.holder()
            .filter(runtime::hasForgotten)
            .ifPresent(holder -> releaseName(held.name(), holder));
        var request = nameRequests.remove(held.request());
        if (request != null) {
          request.complete(held.holder());
        }
      }
      case Message.WriteRecord write ->
          writeHere(write.key(), write.value().orElse(null))
              .thenAccept(
                  written -> send(from, new Message.RecordWritten(write.request(), written)));
      case Message.RecordWritten written -> {
        var request = writeRequests.remove(written.request());
        if (request != null) {
          request.complete(written.written());
        }
      }
      case Message.AllRecords all -> {
        recordsTold(from, all.records());
        reached.complete(Optional.empty()); // a node's answer to a driver ends with its records
      }
      default -> LOG.warn("{} sent {}, which is not handled", from, message.getClass());
    }
  }

  @Override
  public void reclaim() {
    granted.reclaim();
  }

  @Override
  public void groupRemoved(PlacementGroupId group) {
    granted.groupRemoved(group);
  }

  @Override
  public void heard(NodeId node, Resources total, Resources available) {
    Peer peer = peers.get(node);
    NodeView view = peer == null ? null : peer.view;
    if (peer != null && view != null) {
      peer.view = view.with(total, available);
    }
  }

  @Override
  public boolean dropWaiting(TaskId task) {
    return granted.drop(task);
  }

  private static void tell(@Nullable ActorRef region, EntityMessage message) {
    if (region != null) {
      region.tell(message, ActorRef.noSender());
    }
  }

  private void status(NodeId from, Message.NodeStatus status) {
    if (status.view().total().isEmpty() && drivers.contains(from)) {
      return; // a driver's heartbeat
    }
    NodeId node = status.view().id();
    if (gone.contains(node) || node.equals(runtime.id())) {
      return;
    }
    if (runtime.isDriver() && !peers.containsKey(node)) {
      connectAsDriver(node, status.address());
    }
    Peer peer = known(node, status.address());
    nodeAddresses.add(status.address());
    boolean first = peer.view == null;
    NodeView before = peer.view;
    peer.view = status.view();
    peer.objects = status.objects();
    peer.lostNode = status.lostNode();
    if (first && !runtime.isDriver()) {
      drivers.forEach(driver -> send(driver, status)); // they can't know it otherwise
    }
    if (before == null || !before.available().equals(status.view().available())) {
      runtime.actors().owned().placement().placePending();
    }
  }

  /// A driver came, or knows this node now.
  private void attach(NodeId driver, String address) {
    drivers.add(driver);
    known(driver, address);
    if (runtime.isDriver()) {
      return;
    }
    attached.add(driver);
    send(driver, ownStatus());
    for (var entry : peers.entrySet()) {
      introduce(driver, address, entry.getKey(), entry.getValue());
    }
    send(driver, new Message.AllRecords(records));
  }

  private void introduce(NodeId driver, String address, NodeId other, Peer peer) {
    NodeView view = peer.view;
    if (drivers.contains(other)) {
      if (!other.equals(driver)) {
        send(driver, new Message.DriverAt(other, peer.address));
        send(other, new Message.DriverAt(driver, address));
      }
    } else if (view != null) {
      send(driver, new Message.NodeStatus(view, peer.address, peer.objects, peer.lostNode));
    }
  }

  private void driverAt(Message.DriverAt other) {
    if (!other.driver().equals(runtime.id()) && !gone.contains(other.driver())) {
      otherDrivers.put(other.driver(), other.address());
      if (gone.contains(other.driver())) {
        otherDrivers.remove(other.driver());
      }
    }
  }

  /// Drivers link to each other when they first have a reason, such as a ref of the other.
  private void meet(NodeId driver, String address) {
    connectAsDriver(driver, address);
    drivers.add(driver);
    known(driver, address);
    if (gone.contains(driver)) {
      drivers.remove(driver);
      peers.remove(driver);
      links.forget(driver);
    }
  }

  // What the runtime asks

  @Override
  public Submissions submissions() {
    return new OwnSubmissions(runtime);
  }

  @Override
  public Cluster cluster() {
    return this;
  }

  @Override
  public boolean isAlone() {
    return false;
  }

  @Override
  public Collection<NodeView> views() {
    var views = new ArrayList<NodeView>();
    if (!runtime.isDriver()) {
      views.add(ownView());
    }
    for (var entry : peers.entrySet()) {
      NodeView view = entry.getValue().view;
      if (view != null && !drivers.contains(entry.getKey())) {
        views.add(view);
      }
    }
    return views;
  }

  @Override
  public List<NodeInfo> nodes() {
    return views().stream()
        .map(
            view ->
                new NodeInfo(
                    view.id(),
                    addressOf(view.id()),
                    view.total().plain(),
                    view.available().plain(),
                    objectsOf(view.id()),
                    view.labels(),
                    view.shortage(),
                    view.cordoned()))
        .toList();
  }

  private ObjectUsage objectsOf(NodeId node) {
    Peer peer = peers.get(node);
    return peer == null ? runtime.objects().usage() : peer.objects;
  }

  private String addressOf(NodeId node) {
    Peer peer = peers.get(node);
    return peer == null ? pekko.address() : peer.address;
  }

  @Override
  public Collection<NodeId> others() {
    var others = new HashSet<>(peers.keySet());
    others.addAll(otherDrivers.keySet());
    return others;
  }

  @Override
  public Set<NodeId> members() {
    var members = new HashSet<>(peers.keySet());
    members.removeAll(drivers);
    if (!runtime.isDriver()) {
      members.add(runtime.id());
    }
    return members;
  }

  @Override
  public boolean isAlive(NodeId process) {
    boolean known = peers.containsKey(process) || otherDrivers.containsKey(process);
    return process.equals(runtime.id()) || (known && !gone.contains(process));
  }

  @Override
  public boolean isGone(NodeId process) {
    return gone.contains(process);
  }

  @Override
  public Optional<String> address() {
    if (!runtime.isDriver()) {
      return Optional.of("manta://" + pekko.address());
    }
    return gateway().map(node -> "manta://" + addressOf(node));
  }

  /// The node through which a driver reaches sharding: the one with the lowest id that lives.
  private Optional<NodeId> gateway() {
    NodeId known = gateway;
    if (known != null && peers.containsKey(known)) {
      return Optional.of(known);
    }
    Optional<NodeId> next =
        views().stream().map(NodeView::id).min((a, b) -> Long.compare(a.value(), b.value()));
    gateway = next.orElse(null);
    return next;
  }

  private void toGateway(Message message) {
    gateway().ifPresent(node -> send(node, message));
  }

  @Override
  public void send(NodeId to, Message message) {
    if (to.equals(runtime.id())) {
      runtime.receive(to, message);
    } else {
      String driver = otherDrivers.get(to);
      if (driver != null && !peers.containsKey(to)) {
        meet(to, driver);
      }
      runtime.objects().leaves(to, message);
      links.send(to, Wire.encode(message));
    }
  }

  private void askRouter(LeaseRequest wanted) {
    var request = new Message.RequestLeases(wanted);
    if (runtime.isDriver()) {
      toGateway(request);
    } else {
      route(request);
    }
  }

  /// By the router of the job and shape; for a while after a node was lost by this process, since
  /// what that node had of sharding may be seconds away.
  private void route(Message.RequestLeases request) {
    if (nodeLostLately()) {
      LeaseRequest wanted = request.wanted();
      ticker.later(
          Duration.ZERO,
          () -> direct.computeIfAbsent(wanted.shape(), _ -> new Routing(runtime)).route(wanted));
    } else {
      tell(routers, RouterActor.ask(request));
    }
  }

  @Override
  public void demand(Shape shape) {
    boolean here =
        !runtime.isDriver()
            && !runtime.state().isCordoned()
            && shape.scheduling().isIndifferent()
            && shape.scheduling().allows(runtime.id(), runtime.labels())
            && runtime.admission().ledger().total().cover(shape.resources());
    if (!here) {
      leases.pump(shape);
    }
  }

  @Override
  public void startInSlot(SlotId slot, ActorCell cell) {
    tell(slots, SlotActor.startMessage(slot, cell.spec().id()));
  }

  @Override
  public void locateSlot(SlotId slot) {
    unresolved.put(slot, System.nanoTime());
    if (runtime.isDriver()) {
      toGateway(new Message.LocateSlot(slot));
    } else {
      tell(slots, SlotActor.locate(slot, runtime.id()));
    }
  }

  @Override
  public void slotFound(SlotId slot) {
    unresolved.remove(slot);
  }

  private boolean lostNodeLately() {
    Long lost = lostNodeNanos;
    return lost != null && System.nanoTime() - lost < LATELY_NANOS;
  }

  /// Whether this process or another lost a node of late: one that has just joined hears of it.
  private boolean nodeLostLately() {
    return lostNodeLately() || otherNodes().anyMatch(node -> node.lostNode);
  }

  private Stream<Peer> otherNodes() {
    return peers.entrySet().stream()
        .filter(peer -> !drivers.contains(peer.getKey()))
        .map(Map.Entry::getValue);
  }

  /// Whether a node leaves, or died of late, so that what kept a name may have begun anew.
  private boolean mayForgetNames() {
    return nodeLostLately() || otherNodes().anyMatch(node -> isNewOrLeaves(node.view));
  }

  /// One that leaves gives away what keeps names before it is seen to have left.
  private static boolean isNewOrLeaves(@Nullable NodeView view) {
    return view == null || view.leaving();
  }

  private CompletableFuture<Optional<ActorId>> claim(
      String name, Optional<ActorId> actor, boolean alreadyHas) {
    return askName(
        name,
        request -> new Message.ClaimName(request, name, actor, alreadyHas),
        () -> actor.filter(runtime::hasForgotten).isPresent());
  }

  /// @param ended whether the actor that was to have the name is not any more
  private CompletableFuture<Optional<ActorId>> askName(
      String name, LongFunction<Message> question, BooleanSupplier ended) {
    long number = requests.incrementAndGet();
    var answer = new CompletableFuture<Optional<ActorId>>();
    nameRequests.put(number, answer);
    Message message = question.apply(number);
    Runnable ask =
        () -> {
          if (ended.getAsBoolean()) {
            answer.completeExceptionally(
                new IllegalStateException("its actor ended before it had the name '" + name + "'"));
          } else if (runtime.isDriver()) {
            toGateway(message);
          } else {
            tell(names, NameActor.message(name, runtime.id(), message));
          }
        };
    ask.run();
    // The entity may be moving, or may not know yet: ask again, which changes nothing.
    var again = ticker.scheduleWithFixedDelay(ask, 500, 500, TimeUnit.MILLISECONDS);
    return answer
        .orTimeout(config.joinTimeout().toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete(
            (holder, failure) -> {
              again.cancel(false);
              nameRequests.remove(number);
            });
  }

  @Override
  public CompletionStage<ActorId> claimName(String name, ActorId actor) {
    return claim(name, Optional.of(actor), false).thenApply(holder -> holder.orElse(actor));
  }

  @Override
  public void claimNameAgain(String name, ActorId actor) {
    claim(name, Optional.of(actor), true);
  }

  /// Until it is answered: a name that is not released stays with its actor while this process
  /// lives.
  @Override
  public void releaseName(String name, ActorId actor) {
    if (closing) {
      return; // it is free when this process is known to be gone
    }
    askName(name, request -> new Message.ReleaseName(request, name, actor), () -> false)
        .exceptionally(
            failure -> {
              releaseName(name, actor);
              return Optional.empty();
            });
  }

  @Override
  public CompletionStage<Optional<ActorId>> findName(String name) {
    return claim(name, Optional.empty(), false);
  }

  @Override
  public JobCodecs codecs() {
    return codecs;
  }

  // Records

  /// To a driver: what a node knows of the records.
  private void recordsTold(NodeId node, Map<String, byte[]> all) {
    synchronized (toldRecords) {
      if (gone.contains(node)) {
        return;
      }
      toldRecords.put(node, all);
      if (toldRecords.firstEntry().getKey().equals(node)) {
        recordsChanged(all);
      }
    }
  }

  private void forgetRecordsOf(NodeId node) {
    synchronized (toldRecords) {
      boolean wasFirst = !toldRecords.isEmpty() && toldRecords.firstEntry().getKey().equals(node);
      toldRecords.remove(node);
      if (wasFirst && !toldRecords.isEmpty()) {
        recordsChanged(toldRecords.firstEntry().getValue());
      }
    }
  }

  private void recordsChanged(Map<String, byte[]> all) {
    records = Map.copyOf(all);
    spaces.values().forEach(SpaceRecords::refresh);
    var message = new Message.AllRecords(records);
    attached.forEach(driver -> send(driver, message));
  }

  private CompletableFuture<Boolean> writeHere(String key, byte @Nullable [] value) {
    RecordsReplica here = replica;
    if (here == null) {
      return CompletableFuture.completedFuture(false);
    }
    return value == null ? here.remove(key) : here.put(key, value);
  }

  private CompletableFuture<Boolean> write(String key, byte @Nullable [] value) {
    if (!runtime.isDriver()) {
      return writeHere(key, value);
    }
    long number = requests.incrementAndGet();
    var answer = new CompletableFuture<Boolean>();
    writeRequests.put(number, answer);
    var message = new Message.WriteRecord(number, key, Optional.ofNullable(value));
    Runnable ask = () -> toGateway(message);
    ask.run();
    // The gateway may be gone: ask another, which changes nothing if the first did it too.
    var again = ticker.scheduleWithFixedDelay(ask, 2, 2, TimeUnit.SECONDS);
    return answer
        .orTimeout(10, TimeUnit.SECONDS)
        .whenComplete(
            (written, failure) -> {
              again.cancel(false);
              writeRequests.remove(number);
            });
  }

  /// The records of one space, by key without the space.
  private final class SpaceRecords extends LocalRecords {
    private final String prefix;

    SpaceRecords(String space) {
      this.prefix = space + "/";
      refresh();
    }

    private synchronized void refresh() {
      var own = new HashMap<String, byte[]>();
      records.forEach(
          (key, value) -> {
            if (key.startsWith(prefix)) {
              own.put(key.substring(prefix.length()), value);
            }
          });
      if (!own.equals(all())) {
        replace(own);
      }
    }

    @Override
    public void put(String key, byte[] value) {
      await(write(prefix + key, value), key);
      super.put(key, value);
    }

    @Override
    public void remove(String key) {
      await(write(prefix + key, null), key);
      super.remove(key);
    }

    private void await(CompletableFuture<Boolean> write, String key) {
      try {
        if (write.orTimeout(10, TimeUnit.SECONDS).get()) {
          return;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException e) {
        LOG.debug("a record was not written", e);
      }
      throw new ClusterUnavailableException(
          "record '" + prefix + key + "' did not reach a majority of the nodes within 10 s");
    }
  }

  @Override
  public ClusterRecords records(String space) {
    SpaceRecords known = spaces.get(space);
    if (known == null) {
      known = spaces.computeIfAbsent(space, SpaceRecords::new);
      known.refresh(); // what changed while it was made
    }
    return known;
  }

  @Override
  public Optional<String> stateFolder() {
    RecordsReplica here = replica;
    return here == null ? Optional.empty() : here.folderId();
  }

  @Override
  public CompletionStage<Boolean> readRecords() {
    RecordsReplica here = replica;
    return here == null ? CompletableFuture.completedFuture(false) : here.readAll();
  }

  @Override
  public ActorSystem actors() {
    return pekko.system();
  }

  @Override
  public void close() {
    if (closing) {
      return;
    }
    leases.closeAll();
    closing = true;
    if (runtime.isDriver()) {
      sendToAll(new Message.Goodbye("it was closed"));
      flushLinks();
    }
    ticker.shutdownNow();
    pekko.close();
    closeRecords();
  }

  private void closeRecords() {
    RecordsReplica here = replica;
    if (here != null) {
      here.close();
    }
  }

  /// Drops from now on all that this node and another process say to each other.
  ///
  /// @param address `host:port`
  void cut(String address) {
    pekko.cut(address);
  }

  /// Ends what [#cut] began.
  void heal(String address) {
    pekko.heal(address);
  }

  /// Nothing that this node says reaches anybody any more.
  void cutAll() {
    closing = true;
    nodeAddresses.forEach(pekko::cut);
    peers.values().forEach(peer -> pekko.cut(peer.address));
    ticker.shutdownNow();
  }

  /// Closes the port at once, after [#cutAll].
  void kill() {
    pekko.kill();
    closeRecords();
  }

  /// Gives the last messages a moment to leave.
  private void flushLinks() {
    long end = System.nanoTime() + Duration.ofSeconds(1).toNanos();
    try {
      while (System.nanoTime() < end
          && peers.keySet().stream().anyMatch(peer -> !links.isDrained(peer))) {
        Thread.sleep(2);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
