import { writePeersFile } from '../../controller/enrol/peers-file.ts';
import { type Command, operandsOf, UsageError, withStore } from '../command.ts';
import { tunnelOf } from '../serve/settings.ts';

export const wireguardWrite: Command = {
  summary: "write the file of the routers' tunnels, which the root helper puts into WireGuard",
  usage: '',
  options: {},
  run: (context) =>
    withStore(context, async (store) => {
      operandsOf(context, []);
      if (tunnelOf(context.config) === null) {
        throw new UsageError('network.tunnelEndpoint and wireguard.publicKey are not set');
      }
      const { peersFile: file } = context.config.wireguard;
      const peers = await store.wireguardPeers();
      const changed = await writePeersFile(file, peers);
      context.print(
        { file, peers: peers.length, changed },
        `${file} has ${peers.length} routers${changed ? '' : ', unchanged'}`,
      );
      return 0;
    }),
};
