package io.manta.actors.internal;

import io.manta.actors.internal.durable.StoreMessage;
import io.manta.core.DataSize;
import io.manta.core.Isolation;
import io.manta.core.LabelSelector;
import io.manta.core.Resources;
import io.manta.objects.JobClasses;
import io.manta.objects.ValueCodec;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/// One of each of what processes send each other, as bytes. The records are made of their
/// components' types, so that a new message or field is in it by itself.
final class WireSamples {
  private static final ValueCodec CODEC =
      new ValueCodec(JobClasses.of(WireSamples.class.getClassLoader()), List.of());

  /// What is no record, or a record that takes not any value.
  private static final Map<Class<?>, Object> KNOWN =
      Map.ofEntries(
          Map.entry(int.class, 7),
          Map.entry(Integer.class, 7),
          Map.entry(long.class, 1_234_567_890_123L),
          Map.entry(Long.class, 1_234_567_890_123L),
          Map.entry(boolean.class, true),
          Map.entry(Boolean.class, true),
          Map.entry(String.class, "ein Text: ∅"),
          Map.entry(byte[].class, new byte[] {1, 2, 3}),
          Map.entry(OptionalInt.class, OptionalInt.of(0)),
          Map.entry(Duration.class, Duration.ofMillis(1_500)),
          Map.entry(DataSize.class, new DataSize(4_096)),
          Map.entry(Path.class, Path.of("/tmp/folder")),
          Map.entry(InetSocketAddress.class, address()),
          Map.entry(Resources.class, Resources.cpus(1.5)),
          Map.entry(
              Isolation.class,
              new Isolation(
                  List.of("-Xmx64m"), Map.of("NAME", "text"), Optional.of(Path.of("/tmp")))),
          Map.entry(LabelSelector.class, LabelSelector.parse("zone in (eu, us), !spot")),
          Map.entry(Payload.class, Payload.of(new byte[] {4, 5})));

  /// What a value may be made of.
  record Value(String text, int number, double[] numbers, List<Object> more) {}

  private WireSamples() {}

  private static InetSocketAddress address() {
    try {
      return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 25520);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  /// Bytes by the name of what they are.
  static Map<String, byte[]> all() {
    var samples = new TreeMap<String, byte[]>();
    for (Class<?> type : Message.class.getPermittedSubclasses()) {
      if (type != Message.ToStore.class) {
        samples.put("message " + type.getSimpleName(), Wire.encode((Message) of(type)));
      }
    }
    for (Class<?> type : StoreMessage.class.getPermittedSubclasses()) {
      var message = new Message.ToStore((StoreMessage) of(type));
      samples.put("store " + type.getSimpleName(), Wire.encode(message));
    }
    samples.put("value Setting", CODEC.encode(of(Setting.class)));
    samples.put("value Value", CODEC.encode(value()));
    return samples;
  }

  private static Value value() {
    var map = new LinkedHashMap<String, Object>();
    map.put("a", Optional.of(1L));
    return new Value(
        "text", -5, new double[] {0.5, 2}, List.of(map, Set.of('c'), Thread.State.NEW));
  }

  /// Reads what [#all] made, also in another build.
  ///
  /// @return the same, as this build writes it
  static byte[] readAndWrite(String name, byte[] bytes) {
    return name.startsWith("value ")
        ? CODEC.encode(CODEC.decode(bytes))
        : Wire.encode(Wire.decode(bytes));
  }

  static Object of(Type type) {
    if (type instanceof ParameterizedType generic) {
      return generic(generic);
    }
    var plain = (Class<?>) type;
    Object known = KNOWN.get(plain);
    if (known != null) {
      return known;
    }
    return plain.isEnum() ? plain.getEnumConstants()[0] : made(plain);
  }

  private static Object generic(ParameterizedType type) {
    Type[] arguments = type.getActualTypeArguments();
    return switch (((Class<?>) type.getRawType()).getSimpleName()) {
      case "Optional" -> Optional.of(of(arguments[0]));
      case "List" -> List.of(of(arguments[0]));
      case "Set" -> Set.of(of(arguments[0]));
      case "Map" -> Map.of(of(arguments[0]), of(arguments[1]));
      default -> throw new AssertionError("add samples of " + type);
    };
  }

  private static Object made(Class<?> type) {
    if (!type.isRecord()) {
      throw new AssertionError("add a sample of " + type);
    }
    RecordComponent[] components = type.getRecordComponents();
    try {
      Constructor<?> constructor =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      constructor.setAccessible(true);
      return constructor.newInstance(
          Arrays.stream(components).map(part -> of(part.getGenericType())).toArray());
    } catch (ReflectiveOperationException e) {
      throw new AssertionError("add a sample of " + type, e);
    }
  }
}
