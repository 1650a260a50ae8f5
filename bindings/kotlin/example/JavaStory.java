// The story in Java: futures in the place of coroutines. Its argument is a thinclient.toml.

import java.util.concurrent.CompletionException;
import kpclient.Client;
import kpclient.Config;
import kpclient.Event;
import kpclient.Events;
import kpclient.Kpclient;
import kpclient.KpcException;
import kpclient.StartFlags;
import kpclient.Status;

public class JavaStory {
    public static void main(String[] arguments) {
        String path = arguments.length > 0 ? arguments[0] : "thinclient.toml";
        try (Config config = Config.loadFile(path); Client client = new Client(config); Events events = client.openEvents()) {
            client.connectAsync(60_000).join();

            byte[] hello = "hello mixnet".getBytes();
            client.sendMessageAwaitReplyAsync(client.getService("echo"), hello)
                .thenAccept(reply -> System.out.println("the echo service: " + new String(reply, 0, hello.length)))
                .join();

            var keys = Kpclient.newKeypair();
            var third = client.writeBoxAsync(keys.getWriteCap(), keys.getFirst(), "one".getBytes())
                .thenCompose(second -> client.writeBoxAsync(keys.getWriteCap(), second, "two".getBytes()))
                .join();
            var one = client.readBoxAsync(keys.getReadCap(), keys.getFirst()).join();
            var two = client.readBoxAsync(keys.getReadCap(), one.getNext()).join();
            System.out.println("read: " + new String(one.getPlaintext()) + ", " + new String(two.getPlaintext()));

            try {
                client.readBoxAsync(keys.getReadCap(), third, StartFlags.NO_RETRY).join();
            } catch (CompletionException e) {
                Status status = ((KpcException) e.getCause()).getStatus();
                System.out.println("the third box: " + status);
            }

            var reading = client.readBoxAsync(keys.getReadCap(), third);
            reading.cancel(true);
            System.out.println("a read was cancelled: " + reading.isCancelled());

            Event event;
            do {
                event = events.nextAsync().join();
            } while (!(event instanceof Event.ConnectionStatus));
            boolean isConnected = ((Event.ConnectionStatus) event).isConnected();
            System.out.println("the daemon is " + (isConnected ? "on" : "off") + " the mixnet");

            keys.getWriteCap().close();
            client.closeAsync().join();
        }
    }
}
