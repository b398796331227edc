package io.manta.actors.internal;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.manta.core.CancelOptions;
import io.manta.core.DataSize;
import io.manta.core.GetTimeoutException;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.core.ObjectLostException;
import io.manta.core.ObjectUsage;
import io.manta.core.OwnerDiedException;
import io.manta.core.PrimitiveArray;
import io.manta.core.SerializationException;
import io.manta.core.TaskFailedException;
import io.manta.objects.EncodedValue;
import io.manta.objects.Immutability;
import io.manta.objects.ValueCodec;
import io.manta.objects.store.Usage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Refs that left this process, and those that it received. A ref enters a table only then; what
/// nobody else knows costs no entry.
final class Objects {
  /// Finds states that nobody can use any more.
  static final Cleaner CLEANER =
      Cleaner.create(Thread.ofPlatform().daemon().name("manta-cleaner").factory());

  /// Values up to this size travel with what refers to them.
  private static final int INLINE_BYTES = 100 * 1024;

  private static final int MOST_TRIES = 5;

  /// What a process of an isolated task gets at once.
  private static final long MOST_OF_CHILD = 1L << 30;

  private static final int TRY_AGAIN_MILLIS = 100;
  private static final int MOST_ASKED = 30;
  private static final StoredValue NOTHING = new StoredValue.Shared(null);

  private final MantaRuntime runtime;
  private final AtomicLong numbers = new AtomicLong();
  private final OwnedObjects owned;
  private final BorrowedObjects borrowed;
  private final LargeValues larges;
  private final Prefetch prefetch;
  private final LineageLimit lineageLimit;
  private final HeavyClosures heavyClosures = new HeavyClosures();

  /// What is asked of its owner and has not come.
  private final Set<ObjectState> fetching = ConcurrentHashMap.newKeySet();

  Objects(MantaRuntime runtime) {
    this.runtime = runtime;
    this.owned = new OwnedObjects(this, runtime);
    this.borrowed = new BorrowedObjects(runtime, Fetch::new);
    this.larges = new LargeValues(runtime);
    this.prefetch = new Prefetch(runtime, larges);
    this.lineageLimit =
        new LineageLimit(
            runtime.config().lineageLimit(), closure -> closure.giveUp(this), owned::giveUp);
  }

  LargeValues larges() {
    return larges;
  }

  OwnedObjects owned() {
    return owned;
  }

  LineageLimit lineageLimit() {
    return lineageLimit;
  }

  long nextNumber() {
    return numbers.incrementAndGet();
  }

  /// @param job whose classes decode the value
  <T extends @Nullable Object> Ref<T> newRef(JobId job) {
    return made(internalRef(job));
  }

  /// One that users do not see, so that no scope closes it.
  <T extends @Nullable Object> Ref<T> internalRef(JobId job) {
    var state = new ObjectState(new ObjectId(runtime.id(), numbers.incrementAndGet()));
    state.retain();
    return new Ref<>(state, runtime, job);
  }

  boolean isOwn(ObjectId id) {
    return id.owner().equals(runtime.id());
  }

  /// Takes a value in: as it is when it can be shared, else copied.
  ///
  /// @throws SerializationException naming the path to what can't be copied
  StoredValue store(@Nullable Object value, ValueCodec codec) {
    return Immutability.isImmutable(value) && !isLargeArray(value)
        ? new StoredValue.Shared(value)
        : encode(value, codec);
  }

  /// It is read where it lies, so it may as well lie in the store.
  private static boolean isLargeArray(@Nullable Object value) {
    return value instanceof PrimitiveArray array && array.segment().byteSize() > INLINE_BYTES;
  }

  private Payload encode(@Nullable Object value, ValueCodec codec) {
    EncodedValue encoded = codec.prepare(value);
    return encoded.byteSize() > INLINE_BYTES
        ? Payload.large(larges.write(encoded), encoded.held())
        : Payload.small(encoded);
  }

  /// A stored value for another process.
  ///
  /// @throws SerializationException naming the path to what can't be encoded
  Payload payload(StoredValue stored, ValueCodec codec) {
    return switch (stored) {
      case StoredValue.Shared shared -> shared.encoded(() -> encode(shared.value(), codec));
      case Payload payload -> payload;
    };
  }

  /// As [#payload(StoredValue, ValueCodec)] for the value of an object, which is encoded once when
  /// it is large.
  private Payload payload(CompletableFuture<StoredValue> value, ValueCodec codec) {
    return payload(value, value.join(), codec);
  }

  private Payload payload(
      CompletableFuture<StoredValue> value, StoredValue stored, ValueCodec codec) {
    Payload payload = payload(stored, codec);
    if (payload != stored && payload.large().isPresent()) {
      value.obtrudeValue(payload);
    }
    return payload;
  }

  /// A ref is about to travel, perhaps with its value: what is not quickly encoded is encoded now,
  /// by the user's thread.
  ///
  /// @throws SerializationException naming the path to what can't be encoded
  void encodeAhead(Ref<?> ref) {
    if (!runtime.cluster().isAlone()
        && ref.state().peek() instanceof StoredValue.Shared shared
        && !shared.isCheap()) {
      payload(ref.state().value(), ref.codec());
    }
  }

  private static boolean isCheap(StoredValue stored) {
    return !(stored instanceof StoredValue.Shared shared) || shared.isCheap();
  }

  /// The value of an object that is done, or a new copy of it. Waits for a large one to be opened.
  ///
  /// @throws SerializationException when it can't be decoded
  /// @throws ObjectLostException when nobody has it any more and it can't be made again
  /// @throws GetTimeoutException when it is not opened in time
  @Nullable Object read(
      ObjectState state, StoredValue stored, ValueCodec codec, Deadline deadline) {
    Opened opened = opened(state, stored, deadline);
    return switch (opened.value) {
      case StoredValue.Shared shared -> shared.value();
      case Payload payload when opened.bytes.isEmpty() -> payload.decode(codec);
      case Payload payload -> payload.decode(opened.bytes.get(), codec);
    };
  }

  // Closures

  /// A closure as it was when it is submitted. A large one that other processes may run is written
  /// into the store.
  ///
  /// @param sharesRefs as in [Capture#of]
  /// @throws SerializationException when a captured value can't be copied
  /// @throws io.manta.core.ObjectStoreFullException when there is no room for a large one
  Capture capture(Object closure, ValueCodec codec, boolean sharesRefs) {
    if (runtime.cluster().isAlone()) {
      return Capture.of(closure, body -> Payload.encode(body, codec), false, sharesRefs);
    }
    // Where it is encoded later, that may be on the one thread on which classes come from others.
    codec.encodeSoon(closure);
    codec.encodeSoon(Capture.innermost(closure));
    return Capture.of(closure, body -> encodeClosure(body, codec), true, sharesRefs);
  }

  private Payload encodeClosure(Object closure, ValueCodec codec) {
    EncodedValue encoded = codec.prepare(closure);
    if (encoded.byteSize() <= INLINE_BYTES) {
      return Payload.small(encoded);
    }
    heavyClosures.submitted(
        Capture.kindOf(closure), Capture.nameOf(closure), new DataSize(encoded.byteSize()));
    return Payload.large(larges.writeUnnamed(encoded), encoded.held());
  }

  /// A new copy of a closure. Waits for a large one to be opened.
  ///
  /// @param name for people
  /// @throws ObjectLostException when it is large and can't be read
  @Nullable Object readClosure(Payload closure, String name, ValueCodec codec) {
    return closure.large().isEmpty()
        ? closure.decode(codec)
        : closure.decode(openClosure(closure.large().get(), name), codec);
  }

  /// Its name in the stores is that of the object too: there is no other.
  private MemorySegment openClosure(Large closure, String name) {
    try {
      return larges.open(closure.stored(), closure, Deadline.NEVER);
    } catch (LargeValues.UnreadableException e) {
      throw new ObjectLostException(
          "the closure of %s, of %s, can't be read: %s"
              .formatted(name, closure.stored().owner(), e.getMessage()),
          e);
    }
  }

  /// A closure for a child process, which has no store of its own. Waits for a large one to be
  /// opened.
  Payload closureInArray(Payload closure, String name) {
    return closure.large().isEmpty()
        ? closure
        : inArray(closure, openClosure(closure.large().get(), name), "the closure of " + name);
  }

  /// A value, and its bytes when it is large.
  private record Opened(StoredValue value, Optional<MemorySegment> bytes) {}

  /// Opens a large value, or what takes its place.
  private Opened opened(ObjectState state, StoredValue asked, Deadline deadline) {
    StoredValue value = asked;
    for (int tries = 1; ; tries++) {
      if (!(value instanceof Payload payload) || payload.large().isEmpty()) {
        return new Opened(value, Optional.empty());
      }
      Large large = payload.large().get();
      try {
        return new Opened(payload, Optional.of(larges.open(state.id(), large, deadline)));
      } catch (LargeValues.UnreadableException e) {
        if (tries == MOST_TRIES) {
          throw new ObjectLostException(
              "the value of %s can't be read: %s".formatted(state.id(), e.getMessage()), e);
        }
        value = await(renewed(state, large), state, deadline);
      }
    }
  }

  private StoredValue await(
      CompletableFuture<StoredValue> renewed, ObjectState state, Deadline deadline) {
    if (!Waits.await(renewed, deadline.left(), state.id())) {
      throw new GetTimeoutException(
          "%s was not there again within the timeout: %s"
              .formatted(state.id(), remaking(state).orElse("it was lost")));
    }
    try {
      return renewed.join();
    } catch (CompletionException e) {
      throw Failed.rethrown(Failed.bySystem(e));
    }
  }

  /// Why a value that was there can't be read for now, in words: it was lost, and is made again.
  Optional<String> remaking(ObjectState state) {
    if (!isOwn(state.id())) {
      return state.isAwaited()
          ? Optional.of("it was lost, and is asked of its owner again, " + state.id().owner())
          : Optional.empty();
    }
    return remaking(remaker(state.peek()));
  }

  /// The same of the first of these objects of this process that is lost.
  Optional<String> remaking(List<ObjectId> ids) {
    return remaking(remaker(ids));
  }

  /// Of a chain of values that are made again one from another it tells of the one that is made
  /// now.
  private Optional<String> remaking(Optional<Large.Producer> wanted) {
    Optional<Large.Producer> now = wanted;
    Optional<Large.Producer> next = wanted;
    int after = -1;
    while (next.isPresent()) {
      now = next;
      after++;
      next = remaker(now.get().awaited());
    }
    String others = after > 0 ? " after %d other(s)".formatted(after) : "";
    return now.map(
        maker -> "it was lost, and is made again%s: %s".formatted(others, maker.describe()));
  }

  private Optional<Large.Producer> remaker(List<ObjectId> ids) {
    return ids.stream()
        .filter(this::isOwn)
        .map(id -> owned.kept(id.number()))
        .filter(kept -> kept != null)
        .flatMap(kept -> remaker(ObjectState.peek(kept.value())).stream())
        .findFirst();
  }

  private static Optional<Large.Producer> remaker(@Nullable StoredValue value) {
    if (!(value instanceof Payload now)) {
      return Optional.empty();
    }
    return now.first().isPresent()
        ? remaker(now.first().get().peek())
        : now.large().flatMap(Large::maker);
  }

  /// What to read in place of a large value that none of its known holders could give.
  private CompletableFuture<StoredValue> renewed(ObjectState state, Large unreadable) {
    if (isOwn(state.id())) {
      return renewedHere(state.id(), state.value(), unreadable);
    }
    NodeId owner = state.id().owner();
    CompletableFuture<StoredValue> coming =
        state.renew(
            () ->
                runtime
                    .cluster()
                    .send(
                        owner,
                        new Message.FetchObject(state.id(), Optional.of(unreadable.stored()))));
    if (!runtime.cluster().isAlive(owner)) {
      lost(state);
    }
    return coming;
  }

  private CompletableFuture<StoredValue> renewedHere(
      ObjectId id, CompletableFuture<StoredValue> value, Large unreadable) {
    if (value.isCompletedExceptionally() || !(value.join() instanceof Payload now)) {
      return value;
    }
    if (now.large().map(Large::stored).filter(unreadable.stored()::equals).isEmpty()) {
      return value; // it was made again already
    }
    if (now.first().isPresent()) {
      return renewedAlias(value, now, now.first().get(), unreadable);
    }
    forgetDead(unreadable);
    if (!unreadable.holders().isEmpty()) {
      // Another try may be lucky, as when a holder was just told of.
      return value.thenApplyAsync(
          stored -> stored, CompletableFuture.delayedExecutor(TRY_AGAIN_MILLIS, MILLISECONDS));
    }
    return unreadable.successor(() -> madeAgain(id, value, unreadable));
  }

  /// Of two objects with one value, the value is made again for the first.
  private CompletableFuture<StoredValue> renewedAlias(
      CompletableFuture<StoredValue> value, Payload alias, ObjectState first, Large unreadable) {
    return renewed(first, unreadable)
        .thenApply(
            again -> {
              synchronized (alias) {
                if (value.join() == alias) {
                  first.retain();
                  value.obtrudeValue(alias(first, again));
                  alias.close(this);
                }
                return value.join();
              }
            });
  }

  private void forgetDead(Large large) {
    for (Holders.Holder holder : large.holders().list()) {
      if (runtime.cluster().isGone(holder.node())) {
        large.holders().remove(holder.node());
      }
    }
  }

  private CompletableFuture<StoredValue> madeAgain(
      ObjectId id, CompletableFuture<StoredValue> value, Large lost) {
    Optional<Large.Producer> producer = lost.producer();
    if (producer.isEmpty()) {
      return CompletableFuture.failedFuture(
          lost(id, lost, "it was put, or made by an actor's call, and can't be made again"));
    }
    return producer
        .get()
        .again(lost.isShelved())
        .handle(
            (made, failure) -> {
              if (made == null) {
                throw notMade(id, lost, Failed.bySystem(failure));
              }
              value.obtrudeValue(made);
              owned.valueCame(id.number());
              return made;
            });
  }

  /// As [Capture#ready], of one object.
  CompletableFuture<?> ready(ObjectId id) {
    OwnedObjects.Kept kept = owned.kept(id.number());
    if (kept == null || !kept.value().isDone()) {
      return CompletableFuture.completedFuture(true);
    }
    if (kept.value().isCompletedExceptionally()
        || !(kept.value().join() instanceof Payload payload)
        || payload.large().isEmpty()) {
      return kept.value();
    }
    Large large = payload.large().get();
    forgetDead(large);
    return large.holders().isEmpty() ? renewedHere(id, kept.value(), large) : kept.value();
  }

  ObjectLostException givenUp(long number) {
    return new ObjectLostException(
        "%s was given up at the lineage-limit of %s: it can't be made again, and nobody used it any more"
            .formatted(new ObjectId(runtime.id(), number), runtime.config().lineageLimit()));
  }

  /// Of a chain of values that are made again one from another, the failure is that of the first
  /// one that can't be.
  private static RuntimeException notMade(ObjectId id, Large lost, MantaException failure) {
    return switch (failure) {
      case ObjectLostException needed when needed.getCause() instanceof ObjectLostException first ->
          new ObjectLostException(
              "%s can't be made again: %s".formatted(id, needed.getMessage()), first);
      case ObjectLostException exhausted -> lost(id, lost, String.valueOf(exhausted.getMessage()));
      case TaskFailedException failed when failed.getCause() instanceof ObjectLostException gone ->
          notMade(id, lost, Recipe.needed(gone));
      default -> new CompletionException(failure);
    };
  }

  private static ObjectLostException lost(ObjectId id, Large lost, String why) {
    String how =
        lost.isShelved()
            ? "was freed when nothing but what was made of it was left"
            : "was held by " + lost.stored().owner() + ", which is gone";
    return new ObjectLostException("%s of %s %s: %s".formatted(id, id.owner(), how, why));
  }

  /// This process begins to have a copy of a large value.
  void copied(ObjectId id, Large large, long host) {
    if (isOwn(id)) {
      large.holders().add(new Holders.Holder(runtime.id(), host));
    } else {
      runtime.cluster().send(id.owner(), new Message.Copied(id, large.stored(), host));
    }
  }

  /// Another process does.
  void copied(NodeId holder, Message.Copied message) {
    if (message.object().equals(message.stored())) {
      larges.copied(holder, message);
      return;
    }
    OwnedObjects.Kept kept = owned.kept(message.object().number());
    if (kept != null
        && kept.value().getNow(NOTHING) instanceof Payload payload
        && payload.large().isPresent()
        && payload.large().get().stored().equals(message.stored())
        && !payload.large().get().isShelved()) {
      payload.large().get().holders().add(new Holders.Holder(holder, message.host()));
    } else {
      runtime.cluster().send(holder, new Message.DropStored(message.stored()));
    }
  }

  /// The ref is written into a value or closure.
  void export(Ref<?> ref) {
    if (isOwn(ref.id())) {
      owned.export(ref);
    }
  }

  /// A ref was read from a value or closure.
  Ref<?> receive(ObjectId id, JobId job) {
    ObjectState state = isOwn(id) ? open(id) : borrowed.read(id);
    state.readBy(job);
    return made(new Ref<>(state, runtime, job));
  }

  private static <T extends @Nullable Object> Ref<T> made(Ref<T> ref) {
    Scope.made(ref);
    return ref;
  }

  /// What this process knows of an object of its own, retained.
  ObjectState open(ObjectId id) {
    ObjectState kept = owned.open(id.number());
    if (kept != null) {
      return kept;
    }
    var gone = new ObjectState(id);
    gone.retain();
    gone.fail(notKept(id));
    return gone;
  }

  private static ObjectLostException notKept(ObjectId id) {
    return new ObjectLostException(
        id + " is not kept by its owner any more: no process was known to have a ref to it");
  }

  /// What makes an object of this process, if it is not done.
  Ref.Source maker(ObjectId id) {
    ObjectState state = owned.used(id.number());
    return state == null || state.isDone() ? ObjectState.NONE : state.source();
  }

  void release(ObjectState state) {
    if (!state.release()) {
      return;
    }
    ObjectId id = state.id();
    if (!isOwn(id)) {
      borrowed.look(id);
    } else if (owned.kept(id.number()) != null) {
      owned.look(id.number());
    } else {
      free(state.value(), state);
    }
  }

  /// Nobody uses an object of this process any more.
  ///
  /// @param here what is left of it in the hands of those who closed their refs
  void free(CompletableFuture<StoredValue> value, @Nullable ObjectState here) {
    if (!value.isDone()) {
      if (here != null) {
        here.letGo();
      }
      value.whenComplete((stored, failure) -> close(stored)); // what makes it goes on
      return;
    }
    close(value.isCompletedExceptionally() ? null : value.join());
    if (here != null) {
      here.drop();
    }
  }

  /// Nobody is to read it, or to read it again.
  void close(@Nullable StoredValue stored) {
    if (stored instanceof Payload payload) {
      payload.close(this);
    } else if (stored instanceof StoredValue.Shared shared
        && shared.value() instanceof HandleCount count) {
      count.noneLeft().run();
    }
  }

  /// The value of another object as that of a new one; keeps the other for as long.
  ///
  /// @param of retained for it
  StoredValue alias(ObjectState of, StoredValue value) {
    if (!(value instanceof Payload payload)) {
      release(of);
      return value instanceof StoredValue.Shared shared
          ? new StoredValue.Shared(shared.value()) // each has its own bytes once it travels
          : value;
    }
    Optional<Large> large =
        isOwn(of.id()) ? payload.large() : payload.large().map(larges::alsoHeldFor);
    return payload.alias(of, large);
  }

  // Messages

  /// A message is about to leave: its receiver borrows what it has refs to.
  void leaves(NodeId to, Message message) {
    for (Payload payload : message.payloads()) {
      if (!payload.ids().isEmpty()) {
        lend(payload.ids(), to);
      }
      if (message.handsOver()) {
        payload.large().ifPresent(large -> larges.handOver(large, to));
      }
    }
  }

  private void lend(List<ObjectId> ids, NodeId to) {
    var others = new HashMap<NodeId, List<Message.Loan>>();
    for (ObjectId id : ids) {
      if (isOwn(id)) {
        owned.lend(id.number(), to, 1);
      } else if (!id.owner().equals(to)) {
        others
            .computeIfAbsent(id.owner(), owner -> new ArrayList<>())
            .add(new Message.Loan(id.number(), 1));
      }
    }
    others.forEach((owner, loans) -> runtime.cluster().send(owner, new Message.Lent(to, loans)));
  }

  /// An encoded value that a child process of this node sent: what it has refs to is kept for it.
  Payload ofChild(byte[] wire) {
    return ofChild(wire, larges::write);
  }

  /// As [#ofChild], for a closure that it submits.
  Payload closureOfChild(byte[] wire) {
    return ofChild(wire, larges::writeUnnamed);
  }

  private Payload ofChild(byte[] wire, Function<byte[], Large> write) {
    Payload payload = Payload.ofWire(wire);
    payload.arrived(
        payload.ids().stream().map(id -> isOwn(id) ? open(id) : borrowed.read(id)).toList());
    return payload.bytes().length > INLINE_BYTES
        ? payload.in(write.apply(payload.bytes()))
        : payload;
  }

  /// The value of an object that is done for a child process, which has no store of its own. Waits
  /// for a large one to be opened.
  Payload inArray(ObjectState state, StoredValue stored, ValueCodec codec) {
    Opened opened = opened(state, stored, Deadline.NEVER);
    return switch (opened.value) {
      case StoredValue.Shared shared -> Payload.encode(shared.value(), codec);
      case Payload payload when opened.bytes.isEmpty() -> payload;
      case Payload payload -> inArray(payload, opened.bytes.get(), state.id());
    };
  }

  private static Payload inArray(Payload payload, MemorySegment bytes, Object what) {
    if (bytes.byteSize() > MOST_OF_CHILD) {
      throw new SerializationException(
          "%s has %s, more than the %s that an isolated task can get at once; split it"
              .formatted(what, new DataSize(bytes.byteSize()), new DataSize(MOST_OF_CHILD)));
    }
    return payload.in(bytes.toArray(ValueLayout.JAVA_BYTE));
  }

  /// A message came from another process, and is about to be handled.
  void arrives(Message message) {
    for (Payload payload : message.payloads()) {
      if (!payload.ids().isEmpty()) {
        payload.arrived(payload.ids().stream().map(this::arrived).toList());
      }
      if (message.handsOver()) {
        payload.large().ifPresent(larges::keep);
      }
    }
    for (Message.Attached attached : message.attached()) {
      ObjectState state = isOwn(attached.id()) ? null : borrowed.used(attached.id());
      if (state != null) {
        state.complete(attached.value());
      }
    }
  }

  /// A task or call came that waits here: what it will read begins to be copied to this host, until
  /// its closure is closed. Does not block.
  void copyAhead(Payload closure, List<Message.Attached> attached) {
    closure
        .large()
        .ifPresent(large -> prefetch.add(large.stored(), large, () -> !closure.isClosed()));
    for (Message.Attached value : attached) {
      if (value.value().large().isPresent()) {
        ObjectState state =
            isOwn(value.id()) ? owned.used(value.id().number()) : borrowed.used(value.id());
        if (state != null && state.peek() instanceof Payload payload) {
          payload
              .large()
              .ifPresent(large -> prefetch.add(value.id(), large, () -> !closure.isClosed()));
        }
      }
    }
  }

  private ObjectState arrived(ObjectId id) {
    return isOwn(id) ? open(id) : borrowed.arrived(id);
  }

  void lent(Message.Lent message) {
    for (Message.Loan loan : message.loans()) {
      owned.lend(loan.number(), message.borrower(), loan.count());
    }
  }

  /// Values of refs that are done here, small enough to travel along, and quickly encoded.
  List<Message.Attached> attach(List<Ref<?>> refs) {
    if (refs.isEmpty()) {
      return List.of();
    }
    var attached = new ArrayList<Message.Attached>();
    int bytes = 0;
    for (Ref<?> ref : refs) {
      StoredValue stored = ref.state().peek();
      if (stored != null && isCheap(stored)) {
        Payload payload = payload(ref.state().value(), stored, ref.codec());
        bytes += payload.wireSize();
        if (bytes > INLINE_BYTES) {
          break;
        }
        attached.add(new Message.Attached(ref.id(), payload));
      }
    }
    return attached;
  }

  /// Asks the owner once, when the value is first wanted.
  private final class Fetch implements Ref.Source {
    private final ObjectState state;
    private boolean asked;

    Fetch(ObjectState state) {
      this.state = state;
    }

    @Override
    public synchronized void request() {
      if (asked) {
        return;
      }
      asked = true;
      fetching.add(state); // who waits for it may hold nothing else of it
      state.value().whenComplete((value, failure) -> fetching.remove(state));
      ask(MOST_ASKED);
    }

    /// Another process may have told of the owner before the owner is known here.
    private void ask(int times) {
      NodeId owner = state.id().owner();
      if (runtime.cluster().isAlive(owner)) {
        runtime.cluster().send(owner, new Message.FetchObject(state.id(), Optional.empty()));
      }
      if (!runtime.cluster().isAlive(owner)) {
        if (times == 0 || runtime.cluster().isGone(owner)) {
          lost(state);
        } else {
          askLater(times - 1);
        }
      }
    }

    private void askLater(int times) {
      try {
        runtime.timer().schedule(() -> ask(times), TRY_AGAIN_MILLIS, MILLISECONDS);
      } catch (RejectedExecutionException e) {
        lost(state); // this process ends
      }
    }

    @Override
    public boolean isElsewhere() {
      return true;
    }

    @Override
    public void cancel() {
      cancel(CancelOptions.defaults());
    }

    @Override
    public void cancel(CancelOptions options) {
      runtime.cluster().send(state.id().owner(), new Message.CancelObject(state.id(), options));
    }

    @Override
    public void probe(WaitCycles cycles, Message.WaitProbe probe) {
      cycles.toOwner(probe, state.id());
    }

    @Override
    public String describe() {
      return "its value is asked of " + state.id().owner();
    }
  }

  /// Another process wants a value of this one no more.
  void cancel(Message.CancelObject message) {
    ObjectState state = owned.used(message.object().number());
    if (state != null) {
      state.cancel(message.options());
    }
  }

  /// Another process wants a value of this one.
  void fetch(NodeId asker, Message.FetchObject message) {
    ObjectId id = message.object();
    OwnedObjects.Kept kept = owned.kept(id.number());
    if (kept == null) {
      answer(asker, id, Message.Result.of(notKept(id)));
      return;
    }
    ObjectState.whenDone(
        kept.value(),
        (value, failure) -> {
          if (failure != null) {
            answer(asker, id, Message.Result.of(failure));
          } else if (value instanceof Payload payload
              && payload.large().filter(large -> isUnreadable(asker, large, message)).isPresent()) {
            ObjectState.whenDone(
                renewedHere(id, kept.value(), payload.large().get()),
                (renewed, lost) ->
                    answer(asker, id, lost == null ? result(id, kept) : Message.Result.of(lost)));
          } else if (value != null && isCheap(value)) {
            answer(asker, id, result(id, kept));
          } else {
            runtime.callbacks().execute(() -> answer(asker, id, result(id, kept)));
          }
        });
  }

  private boolean isUnreadable(NodeId asker, Large large, Message.FetchObject message) {
    forgetDead(large);
    if (message.unreadable().equals(Optional.of(large.stored()))) {
      large.holders().remove(asker); // it began to copy it, in vain
    }
    return large.holders().isEmpty() || message.unreadable().equals(Optional.of(large.stored()));
  }

  private Message.Result result(ObjectId id, OwnedObjects.Kept kept) {
    try {
      return Message.Result.of(payload(kept.value(), runtime.cluster().codec(kept.job())));
    } catch (RuntimeException | Error e) {
      return Message.Result.of(Failed.giving(id, runtime.id(), e));
    }
  }

  private void answer(NodeId asker, ObjectId id, Message.Result result) {
    runtime.cluster().send(asker, new Message.ObjectValue(id, result));
  }

  void fetched(Message.ObjectValue message) {
    ObjectState state = borrowed.used(message.object());
    if (state == null) {
      return;
    }
    if (message.result().failed()) {
      runtime.callbacks().execute(() -> fail(state, message.result()));
    } else {
      state.renewed(message.result().payload());
    }
  }

  private void fail(ObjectState state, Message.Result result) {
    JobId job = state.reader().orElse(runtime.job());
    state.failedLate(result.failure(runtime.cluster().codec(job)));
  }

  void nodeDied(NodeId node) {
    owned.processGone(node);
    borrowed.ownerGone(node, Objects::lost);
    larges.processGone(node);
  }

  private static void lost(ObjectState state) {
    state.failedLate(
        new OwnerDiedException(state.id() + " is gone with its owner " + state.id().owner()));
  }

  ObjectUsage usage() {
    Optional<Usage> store = larges.usage();
    return new ObjectUsage(
        owned.size(),
        borrowed.size(),
        store.map(Usage::objects).orElse(0),
        new DataSize(store.map(Usage::used).orElse(0L)),
        new DataSize(store.map(Usage::spilled).orElse(0L)));
  }

  /// This runtime is closed: no answer will come.
  void closed() {
    borrowed.forEachPending(
        state ->
            state.failedLate(
                Failed.cancelled(
                    "the fetch of " + state.id() + ", since " + runtime + " was closed,")));
    larges.close();
  }
}
