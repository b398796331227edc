package io.manta.sharding;

import io.manta.core.NodeId;
import io.manta.core.WireVersion;
import io.manta.objects.security.Refusals;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.Props;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All links of one process. Safe for use by many threads.
public final class LinkHub {
  private static final Logger LOG = LoggerFactory.getLogger(LinkHub.class);
  private static final String NAME = "manta-links";
  private static final String DISPATCHER = "manta-links";
  private static final Duration ACKNOWLEDGE_AFTER = Duration.ofMillis(20);
  private static final Duration TICK = Duration.ofMillis(100);
  private static final long RESEND_NANOS = Duration.ofMillis(400).toNanos();
  private static final long SILENT_NANOS = Duration.ofMillis(600).toNanos();

  private final Refusals refusals = new Refusals(LOG);
  private final ActorSystem system;
  private final NodeId self;
  private final String address;
  private final LinkListener listener;
  private final ConcurrentHashMap<NodeId, Link> links = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<NodeId, String> addresses = new ConcurrentHashMap<>();
  private final ActorRef actor;
  private final Executor threads;

  /// @param address `host:port` of this process
  public LinkHub(ActorSystem system, NodeId self, String address, LinkListener listener) {
    this.system = system;
    this.self = self;
    this.address = address;
    this.listener = listener;
    this.threads = system.dispatchers().lookup(DISPATCHER);
    this.actor =
        system.actorOf(Props.create(Hub.class, () -> new Hub()).withDispatcher(DISPATCHER), NAME);
  }

  /// Makes a process known; messages to it may be sent from now on.
  public void connect(NodeId peer, String peerAddress) {
    addresses.put(peer, peerAddress);
    Link link = link(peer);
    if (!link.isOpen()) {
      open(peer, peerAddress);
    }
  }

  /// Asks who is at an address, and makes a link; the answer is an [LinkListener#opened], or a
  /// [LinkListener#speaks].
  public void probe(String peerAddress) {
    open(new NodeId(0), peerAddress);
  }

  /// Asks which wire version is spoken at an address, and makes no link; the answer is a
  /// [LinkListener#speaks].
  public void ask(String peerAddress) {
    tell(peerAddress, new Packet.Ask(WireVersion.current()));
  }

  private void open(NodeId peer, String peerAddress) {
    tell(peerAddress, new Packet.Open(self.value(), peer.value(), address, WireVersion.current()));
  }

  private void tell(String peerAddress, Packet packet) {
    system
        .actorSelection("pekko://" + system.name() + "@" + peerAddress + "/user/" + NAME)
        .tell(packet, actor);
  }

  /// Sends a message; queues it while the link is being made. Messages to a process that is unknown
  /// or was forgotten are dropped.
  public void send(NodeId peer, byte[] message) {
    Link link = links.get(peer);
    if (link == null) {
      LOG.debug("a message to {}, which is not known, is dropped", peer);
    } else {
      link.send(message);
    }
  }

  /// Whether all that was sent there was acknowledged.
  public boolean isDrained(NodeId peer) {
    Link link = links.get(peer);
    return link == null || link.isDrained();
  }

  /// Drops the link and all that waits on it.
  public void forget(NodeId peer) {
    addresses.remove(peer);
    Link link = links.remove(peer);
    if (link != null) {
      link.close();
    }
  }

  private Link link(NodeId peer) {
    return links.computeIfAbsent(peer, missing -> new Link(self, missing, threads));
  }

  /// Receives for all links.
  private final class Hub extends AbstractActor {
    private record Tick() {}

    /// Acknowledge what came in and is not acknowledged yet.
    private record Flush(Link link) {}

    @Override
    public void preStart() {
      getContext()
          .getSystem()
          .scheduler()
          .scheduleWithFixedDelay(
              TICK, TICK, getSelf(), new Tick(), system.dispatcher(), getSelf());
    }

    @Override
    public Receive createReceive() {
      return receiveBuilder()
          .match(Packet.Frame.class, this::frame)
          .match(Packet.Acknowledge.class, this::acknowledge)
          .match(Flush.class, flush -> flush.link.flush())
          .match(Packet.Open.class, this::open)
          .match(Packet.Opened.class, this::opened)
          .match(Packet.Replaced.class, this::replaced)
          .match(Packet.Ask.class, ask -> sayVersion(ask.version()))
          .match(
              Packet.Speaks.class, speaks -> listener.speaks(addressOfSender(), speaks.version()))
          .match(Tick.class, tick -> links.values().forEach(this::check))
          .build();
    }

    private void frame(Packet.Frame frame) {
      Link link = known(frame.from());
      if (link == null) {
        getSender().tell(new Packet.Replaced(self.value(), self.value()), getSelf());
        return;
      }
      boolean corked = link.cork();
      boolean next;
      try {
        next = link.receive(frame, message -> deliver(link.peer(), message));
      } finally {
        link.uncork(corked);
      }
      long owed = link.unacknowledgedToPeer();
      if (!next || owed >= Link.ACKNOWLEDGE_AT) {
        link.acknowledge();
      } else if (link.beginFlush()) {
        // An answer will most likely carry the acknowledgement; if none comes soon, it goes alone.
        getContext()
            .getSystem()
            .scheduler()
            .scheduleOnce(
                ACKNOWLEDGE_AFTER, getSelf(), new Flush(link), system.dispatcher(), getSelf());
      }
    }

    private void acknowledge(Packet.Acknowledge packet) {
      Link link = known(packet.from());
      if (link != null) {
        link.acknowledged(packet.acknowledged());
      }
    }

    private void replaced(Packet.Replaced packet) {
      var peer = new NodeId(packet.target());
      if (packet.target() == packet.from()) {
        listener.forgotten(peer);
      } else {
        listener.replaced(peer);
      }
    }

    private @Nullable Link known(long peer) {
      return links.get(new NodeId(peer));
    }

    private void deliver(NodeId from, byte[] message) {
      try {
        listener.received(from, message);
      } catch (Exception e) {
        LOG.error("a message of {} bytes from {} was not handled", message.length, from, e);
      }
    }

    private void open(Packet.Open open) {
      if (open.target() != 0 && open.target() != self.value()) {
        getSender().tell(new Packet.Replaced(open.target(), self.value()), getSelf());
        return;
      }
      if (open.version() != WireVersion.current()) {
        sayVersion(open.version());
        return;
      }
      var peer = new NodeId(open.from());
      addresses.put(peer, open.address());
      Link link = LinkHub.this.link(peer);
      boolean first = !link.isOpen();
      link.opened(toSender());
      getSender().tell(new Packet.Opened(self.value()), getSelf());
      if (first) {
        listener.opened(peer, open.address());
      }
    }

    private void opened(Packet.Opened opened) {
      var peer = new NodeId(opened.from());
      Link link = LinkHub.this.link(peer);
      boolean first = !link.isOpen();
      link.opened(toSender());
      if (first) {
        String host = addressOfSender();
        addresses.putIfAbsent(peer, host);
        listener.opened(peer, addresses.getOrDefault(peer, host));
      }
    }

    /// To a process that wants to be linked, or a member.
    private void sayVersion(int theirs) {
      if (theirs != WireVersion.current()) {
        refusals.refused("the process at " + addressOfSender(), WireVersion.refusal(theirs));
      }
      getSender().tell(new Packet.Speaks(WireVersion.current()), getSelf());
    }

    private String addressOfSender() {
      Address at = getSender().path().address();
      return at.getHost().orElse("127.0.0.1") + ":" + at.getPort().orElse(0);
    }

    /// Sends packets to who sent the message that is handled now.
    private Consumer<Packet> toSender() {
      ActorRef other = getSender();
      ActorRef here = getSelf();
      return packet -> other.tell(packet, here);
    }

    private void check(Link link) {
      String at = addresses.get(link.peer());
      if (!link.isOpen() && at != null) {
        LinkHub.this.open(link.peer(), at);
      }
      link.resendAfter(RESEND_NANOS);
      if (link.silentNanos() > SILENT_NANOS) {
        listener.silent(link.peer());
      }
    }
  }
}
