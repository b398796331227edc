package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.util.Pool;
import io.manta.core.SerializationException;
import io.manta.core.ValueSerializer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Encodes values and closures for one job's classes. What may be encoded: classes that are not the
/// JDK's (all, or those of the packages allowed), and a fixed list of the JDK's value types,
/// collections and functions. Threads, sockets, streams, locks, class loaders and the like are
/// refused, on writing and on reading. Bytes may be hostile: reading them runs no code but
/// constructors, `equals`, `hashCode` and comparisons of classes that may be encoded, and allocates
/// in proportion to their length. Safe for use by many threads.
public final class ValueCodec {
  /// A step into what a lambda captured, as LambdaSerializer tells it, or into a component.
  private static final Pattern STEP = Pattern.compile("\\.(?:captured\\[(\\d{1,3})]|(\\w+))");

  private final JobClasses classes;
  private final AllowList allowed;
  private final List<ValueSerializer<?>> serializers;

  /// Null until a value is encoded or decoded first: to look for them may mean to fetch the jars of
  /// a job, and a codec is made by threads that must not wait.
  private @Nullable List<ValueSerializer<?>> services;

  private final ConcurrentMap<Class<?>, ValueSerializer<?>> travelling = new ConcurrentHashMap<>();
  private final LambdaSerializer lambdas;

  /// Whether the serializers were found.
  private volatile boolean hasCoder;

  private final Pool<Coder> coders =
      new Pool<>(true, false, 64) {
        @Override
        protected Coder create() {
          return new Coder(classes, allowed, serializers, services(), travelling, lambdas);
        }
      };

  public ValueCodec(JobClasses classes, List<ValueSerializer<?>> serializers) {
    this(classes, serializers, Set.of());
  }

  /// @param serializers of types that both sides have; others are found as services
  /// @param packages whose classes, and those of packages below, may be encoded; all when empty
  public ValueCodec(
      JobClasses classes, List<ValueSerializer<?>> serializers, Set<String> packages) {
    this.classes = classes;
    this.serializers = List.copyOf(serializers);
    this.allowed = new AllowList(packages);
    this.lambdas = new LambdaSerializer(classes, allowed);
  }

  private synchronized List<ValueSerializer<?>> services() {
    List<ValueSerializer<?>> known = services;
    if (known == null) {
      known = find(classes.loader());
      services = known;
    }
    return known;
  }

  private static List<ValueSerializer<?>> find(ClassLoader loader) {
    try {
      var found = new ArrayList<ValueSerializer<?>>();
      ServiceLoader.load(ValueSerializer.class, loader).forEach(found::add);
      return found;
    } catch (ServiceConfigurationError e) {
      throw new SerializationException(
          "a serializer that META-INF/services names can't be made: " + e.getMessage(), e);
    }
  }

  public JobClasses classes() {
    return classes;
  }

  /// The value as bytes of their own, which nobody may write to.
  ///
  /// @throws SerializationException naming the path of fields to what can't be encoded
  public byte[] encode(@Nullable Object value) {
    return prepare(value).toBytes();
  }

  /// The value ready to be written. Its bulk data is not copied yet: write it at once, before
  /// anyone can change the value.
  ///
  /// @throws SerializationException naming the path of fields to what can't be encoded
  public EncodedValue prepare(@Nullable Object value) {
    Coder coder = coders.obtain();
    try {
      EncodedValue encoded = coder.encode(value);
      coders.free(coder);
      return encoded;
    } catch (RuntimeException e) {
      freeFailed(coder);
      throw failure("can't be encoded", at(value, e), e);
    } catch (Error e) {
      throw failure("can't be encoded", nameOf(value), wrapped(e));
    }
  }

  /// Does what the first encoding of such closures takes, so that a later [#encode] need not: finds
  /// the serializers, and reads the class file of a lambda. May block for as long as these take to
  /// be had.
  public void encodeSoon(Object closure) {
    if (!hasCoder) {
      coders.free(coders.obtain());
      hasCoder = true;
    }
    LambdaSerializer.describeAhead(closure);
  }

  /// A new copy of what was encoded; never shares mutable state with another copy. Array types,
  /// segments and buffers of a value with bulk data are views of the bytes.
  ///
  /// @throws SerializationException when the bytes are damaged or name a class that may not be read
  public @Nullable Object decode(byte[] bytes) {
    if (bytes.length > 0 && bytes[0] == EncodedValue.PLAIN) {
      return decode(bytes, 1, bytes.length - 1, List.of());
    }
    return decode(MemorySegment.ofArray(bytes));
  }

  /// The same of a segment that nobody writes to. Views of it keep its arena reachable.
  public @Nullable Object decode(MemorySegment segment) {
    try {
      byte format = segment.byteSize() == 0 ? 0 : segment.get(ValueLayout.JAVA_BYTE, 0);
      return switch (format) {
        case EncodedValue.PLAIN -> decode(segment.toArray(ValueLayout.JAVA_BYTE));
        case EncodedValue.WITH_PARTS -> {
          EncodedValue.Layout layout = EncodedValue.Layout.of(segment);
          byte[] head =
              segment
                  .asSlice(layout.headStart(), layout.headLength())
                  .toArray(ValueLayout.JAVA_BYTE);
          yield decode(head, 0, head.length, layout.parts());
        }
        default -> throw new IllegalArgumentException("format " + format + " is not known here");
      };
    } catch (SerializationException e) {
      throw e;
    } catch (RuntimeException e) {
      throw failure("can't be decoded", at(segment.byteSize(), e), e);
    }
  }

  private @Nullable Object decode(byte[] bytes, int start, int length, List<MemorySegment> parts) {
    Coder coder = coders.obtain();
    try {
      Object value = coder.decode(bytes, start, length, parts);
      coders.free(coder);
      return value;
    } catch (RuntimeException e) {
      freeFailed(coder);
      throw failure("can't be decoded", at(length, e), e);
    } catch (Error e) {
      throw failure("can't be decoded", length + " bytes", wrapped(e));
    }
  }

  private void freeFailed(Coder coder) {
    if (coder.isUsableAfterFailure()) {
      coders.free(coder);
    }
  }

  /// A failure that [Failures] encoded.
  ///
  /// @throws SerializationException when the bytes are damaged
  public Throwable decodeFailure(byte[] bytes) {
    return Failures.decode(bytes, classes, allowed);
  }

  /// User code may fail with any error, and deep values exceed the stack; a machine without memory
  /// is no matter of a value.
  private static RuntimeException wrapped(Error error) {
    if (error instanceof VirtualMachineError && !(error instanceof StackOverflowError)) {
      throw error;
    }
    String reason =
        error instanceof StackOverflowError
            ? Coder.TOO_DEEP
            : error.getClass().getName() + ": " + error.getMessage();
    return new IllegalStateException(reason, error);
  }

  private static String nameOf(@Nullable Object value) {
    return value == null ? "null" : AllowList.readable(value.getClass());
  }

  private static String at(long bytes, RuntimeException e) {
    return bytes + " bytes" + (e instanceof Traced traced ? " at " + traced.path() : "");
  }

  /// Where in a value, from the innermost closure on the way: the user's, when another wraps it.
  private static String at(@Nullable Object value, RuntimeException e) {
    if (!(e instanceof Traced traced)) {
      return nameOf(value);
    }
    Object root = value;
    String path = traced.path();
    for (Matcher step = STEP.matcher(path);
        root != null && isClosure(root) && step.lookingAt();
        step = STEP.matcher(path)) {
      Object captured = captured(root, step);
      boolean isLast = step.end() == path.length() && !isOwn(root);
      if (captured == null || !captured.getClass().isHidden() || isLast) {
        break;
      }
      root = captured;
      path = path.substring(step.end());
    }
    return nameOf(root) + (path.isEmpty() ? "" : " at " + path);
  }

  private static boolean isClosure(Object value) {
    return value.getClass().isHidden() || (value.getClass().isRecord() && isOwn(value));
  }

  private static @Nullable Object captured(Object closure, Matcher step) {
    if (closure.getClass().isHidden()) {
      return step.group(1) == null
          ? null
          : Captures.of(closure).get(Integer.parseInt(step.group(1)));
    }
    RecordComponent[] components = closure.getClass().getRecordComponents();
    return IntStream.range(0, components.length)
        .filter(i -> components[i].getName().equals(step.group(2)))
        .mapToObj(i -> Captures.of(closure).get(i))
        .findAny()
        .orElse(null);
  }

  private static boolean isOwn(Object closure) {
    return closure.getClass().getName().startsWith("io.manta.");
  }

  private static SerializationException failure(String what, String where, RuntimeException e) {
    String reason = String.valueOf(Traced.root(e).getMessage());
    if (reason.startsWith("Max depth exceeded")) {
      return new SerializationException(where + " " + what + ": " + Coder.TOO_DEEP);
    }
    return new SerializationException(where + " " + what + ": " + reason, e);
  }
}
