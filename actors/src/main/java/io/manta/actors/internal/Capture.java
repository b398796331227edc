package io.manta.actors.internal;

import io.manta.core.MantaException;
import io.manta.core.ObjectId;
import io.manta.objects.Captures;
import io.manta.objects.Immutability;
import io.manta.objects.ValueCodec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A closure as it was when it was submitted: itself when all it captured is immutable, else its
/// bytes, from which each attempt gets a copy of its own.
final class Capture {
  /// What takes less than an object of its own when it is encoded.
  private static final int MOST_CHARACTERS = 8 * 1024;

  private static final int CLOSED = Integer.MIN_VALUE;

  private static final ClassValue<String> NAMES =
      new ClassValue<>() {
        @Override
        protected String computeValue(Class<?> type) {
          String full = type.getName();
          int lambda = full.indexOf("$$Lambda");
          String capturing = lambda < 0 ? full : full.substring(0, lambda);
          return capturing.substring(capturing.lastIndexOf('.') + 1);
        }
      };

  private final Class<?> kind;
  private volatile @Nullable Object shared;
  private volatile String name;
  private volatile List<Ref<?>> refs;
  private @Nullable Payload payload;

  /// How many runs it has that are not over; as many as [#CLOSED] when it is not run again.
  private int runs = 1;

  private Capture(
      Class<?> kind,
      @Nullable Object shared,
      @Nullable Payload payload,
      String name,
      List<Ref<?>> refs) {
    this.kind = kind;
    this.shared = shared;
    this.payload = payload;
    this.name = name;
    this.refs = refs;
    refs.forEach(ref -> ref.state().retain());
  }

  /// @param encode has it encoded where it has to be; may keep large ones in the object store
  /// @param large whether it is to be encoded at once when it may be large
  /// @param sharesRefs whether it may be run with the very refs that were captured, because who
  ///   runs it keeps none of them; else it gets refs of its own
  /// @throws io.manta.core.SerializationException when a captured value can't be copied
  static Capture of(
      Object closure, Function<Object, Payload> encode, boolean large, boolean sharesRefs) {
    List<Ref<?>> refs = refs(closure);
    refs.forEach(ref -> ref.runtime().objects().encodeAhead(ref));
    boolean shareable = sharesRefs ? isShareable(closure, refs) : Immutability.isImmutable(closure);
    Payload payload = shareable && !(large && mayBeLarge(closure)) ? null : encode.apply(closure);
    return new Capture(kindOf(closure), shareable ? closure : null, payload, nameOf(closure), refs);
  }

  /// Whether it is immutable but for these refs, which it captured directly and are kept for it.
  private static boolean isShareable(Object closure, List<Ref<?>> refs) {
    if (refs.isEmpty()) {
      return Immutability.isImmutable(closure);
    }
    var seen = new AtomicInteger();
    return Immutability.isImmutable(closure, ref -> seen.incrementAndGet() <= refs.size());
  }

  /// A closure that came from another process.
  static Capture of(Payload payload, String name) {
    return of(payload, name, List.of());
  }

  /// @param refs what the closure captured directly
  static Capture of(Payload payload, String name, List<Ref<?>> refs) {
    return new Capture(Capture.class, null, payload, name, refs);
  }

  /// Refs captured directly or in a captured array or collection.
  List<Ref<?>> refs() {
    return refs;
  }

  /// What of the captured refs is not done, for people.
  String pending() {
    return refs.stream()
        .filter(needed -> !needed.isDone())
        .map(needed -> needed.source().what(needed.id()))
        .collect(Collectors.joining(", "));
  }

  /// Whether it is run with this very ref.
  boolean shares(Ref<?> ref) {
    return shared != null && refs.stream().anyMatch(captured -> captured == ref);
  }

  /// The failure of the first captured ref that failed, null when none did.
  @Nullable MantaException failedRef() {
    for (Ref<?> ref : refs) {
      MantaException failure = ref.failure();
      if (failure != null) {
        return failure;
      }
    }
    return null;
  }

  /// Whether it keeps anything that is to be freed at once when it is not run any more.
  boolean isToBeClosed() {
    Payload encoded = payload;
    return !refs.isEmpty() || (encoded != null && encoded.large().isPresent());
  }

  /// What its encoded form takes of the heap.
  int heldBytes() {
    Payload encoded = payload;
    return encoded == null ? 0 : encoded.bytes().length;
  }

  /// Tells the code of one closure from that of another, in this process.
  Class<?> kind() {
    return kind;
  }

  static Class<?> kindOf(Object closure) {
    return innermost(closure).getClass();
  }

  /// The user's closure in what this package made of it.
  static Object innermost(Object closure) {
    for (Object captured : wrapped(closure)) {
      return innermost(captured);
    }
    return closure;
  }

  /// For people: the class that captured it or, of an actor's constructor, the actor's.
  String name() {
    return name;
  }

  /// The same by another name.
  Capture named(String given) {
    name = given;
    return this;
  }

  /// The closure, or a copy of its own for this reader. Waits for a large one to be opened.
  ///
  /// @throws io.manta.core.ObjectLostException when it is large and can't be read
  Object open(ValueCodec codec, Objects objects) {
    Object known = shared;
    if (known != null) {
      return known;
    }
    Object copy = objects.readClosure(encoded(codec), name, codec);
    if (copy == null) {
      throw new IllegalStateException("a closure of " + name + " decoded to null");
    }
    return copy;
  }

  Payload encoded(ValueCodec codec) {
    Payload known = payload;
    if (known == null) {
      known = Payload.encode(shared, codec);
      payload = known;
    }
    return known;
  }

  /// A run is over, and the next one is only when what it gave is lost: until then the objects of
  /// this process that it captured may be freed, since they can be made again too.
  void rest(Objects objects) {
    List<ObjectState> released = new ArrayList<>();
    synchronized (this) {
      if (runs == CLOSED || --runs > 0 || payload == null) {
        return;
      }
      released.addAll(refs.stream().map(Ref::state).toList());
      released.addAll(payload.rest(directIds(), objects));
      refs = List.of();
      shared = null;
      objects.lineageLimit().keep(this, payload.byteSize());
    }
    released.forEach(objects::release);
    objects.lineageLimit().giveUpSome();
  }

  /// It is run again, and what it captured is kept for that.
  ///
  /// @return whether it was not closed
  synchronized boolean wake(Objects objects) {
    if (runs == CLOSED) {
      return false;
    }
    if (++runs == 1 && payload != null) {
      payload.wake(objects);
      objects.lineageLimit().forget(this);
    }
    return true;
  }

  /// Has what it captured directly of this process's objects made again where it is lost or was
  /// freed.
  ///
  /// @return done when all is there, or failed as soon as one is gone for good
  CompletableFuture<?> ready(Objects objects) {
    List<CompletableFuture<?>> each = new ArrayList<>();
    directIds().stream().filter(objects::isOwn).map(objects::ready).forEach(each::add);
    var all = CompletableFuture.allOf(each.toArray(CompletableFuture<?>[]::new));
    each.forEach(
        one ->
            one.whenComplete(
                (there, failure) -> {
                  if (failure != null) {
                    all.completeExceptionally(failure);
                  }
                }));
    return all;
  }

  /// What it captured directly or in an array or collection.
  synchronized List<ObjectId> directIds() {
    if (!refs.isEmpty() || payload == null) {
      return refs.stream().map(Ref::id).toList();
    }
    return payload.directIds();
  }

  synchronized boolean isClosed() {
    return runs == CLOSED;
  }

  /// Closed unless it is run again.
  void giveUp(Objects objects) {
    close(0, objects);
  }

  /// It is not run any more; until then it keeps what it captured, also when all refs are closed.
  void close(Objects objects) {
    close(Integer.MAX_VALUE, objects);
  }

  private void close(int mostRuns, Objects objects) {
    synchronized (this) {
      if (runs == CLOSED || runs > mostRuns) {
        return;
      }
      runs = CLOSED;
    }
    objects.lineageLimit().forget(this);
    refs.forEach(ref -> objects.release(ref.state()));
    Payload encoded = payload;
    if (encoded != null) {
      encoded.close(objects);
    }
  }

  static String nameOf(Object closure) {
    return NAMES.get(kindOf(closure));
  }

  /// The closure that a closure of this package wraps.
  private static List<Object> wrapped(Object closure) {
    if (closure.getClass().getName().startsWith("io.manta.actors.")) {
      for (Object captured : Captures.of(closure)) {
        if (captured != null && captured.getClass().isHidden()) {
          return List.of(captured);
        }
      }
    }
    return List.of();
  }

  /// Whether more than numbers, short texts and the like was captured.
  private static boolean mayBeLarge(Object closure) {
    long characters = 0;
    for (Object captured : Captures.of(closure)) {
      if (captured instanceof String text) {
        characters += text.length();
      } else if (captured != null && !isSmall(captured)) {
        return true;
      }
    }
    return characters > MOST_CHARACTERS;
  }

  private static boolean isSmall(Object captured) {
    return captured instanceof Number
        || captured instanceof Boolean
        || captured instanceof Character
        || captured instanceof Enum<?>
        || captured instanceof Ref<?>
        || captured instanceof Immutability.SharedByDesign
        || (captured.getClass().isHidden() && !mayBeLarge(captured));
  }

  private static List<Ref<?>> refs(Object closure) {
    List<@Nullable Object> captured = Captures.of(closure);
    if (captured.isEmpty()) {
      return List.of();
    }
    var found = new ArrayList<Ref<?>>(2);
    for (Object value : captured) {
      if (value instanceof Ref<?> ref) {
        found.add(ref);
      } else if (value instanceof Object[] array) {
        for (Object element : array) {
          addRef(element, found);
        }
      } else if (value instanceof Collection<?> collection) {
        for (Object element : collection) {
          addRef(element, found);
        }
      } else if (value != null && value.getClass().isHidden()) {
        found.addAll(refs(value));
      }
    }
    return found;
  }

  private static void addRef(@Nullable Object value, List<Ref<?>> found) {
    if (value instanceof Ref<?> ref) {
      found.add(ref);
    }
  }
}
