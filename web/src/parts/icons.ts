import arrowUp from 'lucide-static/icons/arrow-up.svg?raw';
import badge from 'lucide-static/icons/badge-check.svg?raw';
import ban from 'lucide-static/icons/ban.svg?raw';
import briefcase from 'lucide-static/icons/briefcase.svg?raw';
import check from 'lucide-static/icons/check.svg?raw';
import chevronDown from 'lucide-static/icons/chevron-down.svg?raw';
import chevronRight from 'lucide-static/icons/chevron-right.svg?raw';
import alert from 'lucide-static/icons/circle-alert.svg?raw';
import circleCheck from 'lucide-static/icons/circle-check.svg?raw';
import help from 'lucide-static/icons/circle-question-mark.svg?raw';
import chat from 'lucide-static/icons/clipboard-paste.svg?raw';
import copy from 'lucide-static/icons/copy.svg?raw';
import disc from 'lucide-static/icons/disc-3.svg?raw';
import download from 'lucide-static/icons/download.svg?raw';
import ellipsis from 'lucide-static/icons/ellipsis.svg?raw';
import window from 'lucide-static/icons/external-link.svg?raw';
import file from 'lucide-static/icons/file.svg?raw';
import archive from 'lucide-static/icons/file-archive.svg?raw';
import code from 'lucide-static/icons/file-code.svg?raw';
import image from 'lucide-static/icons/file-image.svg?raw';
import fileText from 'lucide-static/icons/file-text.svg?raw';
import video from 'lucide-static/icons/file-video.svg?raw';
import folder from 'lucide-static/icons/folder.svg?raw';
import folderPlus from 'lucide-static/icons/folder-plus.svg?raw';
import filter from 'lucide-static/icons/funnel.svg?raw';
import gauge from 'lucide-static/icons/gauge.svg?raw';
import globe from 'lucide-static/icons/globe.svg?raw';
import activity from 'lucide-static/icons/history.svg?raw';
import inbox from 'lucide-static/icons/inbox.svg?raw';
import info from 'lucide-static/icons/info.svg?raw';
import key from 'lucide-static/icons/key-round.svg?raw';
import overview from 'lucide-static/icons/layout-dashboard.svg?raw';
import grid from 'lucide-static/icons/layout-grid.svg?raw';
import loader from 'lucide-static/icons/loader-circle.svg?raw';
import lock from 'lucide-static/icons/lock.svg?raw';
import signOut from 'lucide-static/icons/log-out.svg?raw';
import mail from 'lucide-static/icons/mail.svg?raw';
import maximize from 'lucide-static/icons/maximize.svg?raw';
import menu from 'lucide-static/icons/menu.svg?raw';
import network from 'lucide-static/icons/network.svg?raw';
import pause from 'lucide-static/icons/pause.svg?raw';
import pencil from 'lucide-static/icons/pencil.svg?raw';
import play from 'lucide-static/icons/play.svg?raw';
import plus from 'lucide-static/icons/plus.svg?raw';
import power from 'lucide-static/icons/power.svg?raw';
import redo from 'lucide-static/icons/rotate-cw.svg?raw';
import scroll from 'lucide-static/icons/scroll-text.svg?raw';
import search from 'lucide-static/icons/search.svg?raw';
import server from 'lucide-static/icons/server.svg?raw';
import shield from 'lucide-static/icons/shield-check.svg?raw';
import console from 'lucide-static/icons/square-terminal.svg?raw';
import sheet from 'lucide-static/icons/table-2.svg?raw';
import terminal from 'lucide-static/icons/terminal.svg?raw';
import trash from 'lucide-static/icons/trash-2.svg?raw';
import triangle from 'lucide-static/icons/triangle-alert.svg?raw';
import undo from 'lucide-static/icons/undo-2.svg?raw';
import upload from 'lucide-static/icons/upload.svg?raw';
import user from 'lucide-static/icons/user.svg?raw';
import userCheck from 'lucide-static/icons/user-check.svg?raw';
import userPlus from 'lucide-static/icons/user-plus.svg?raw';
import userX from 'lucide-static/icons/user-x.svg?raw';
import users from 'lucide-static/icons/users.svg?raw';
import x from 'lucide-static/icons/x.svg?raw';

const inner = (svg: string): string => svg.replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, '');

const raw = {
  users,
  inbox,
  briefcase,
  badge,
  shield,
  scroll,
  mail,
  ban,
  userCheck,
  userX,
  userPlus,
  undo,
  lock,
  user,
  activity,
  alert,
  archive,
  arrowUp,
  check,
  chevronDown,
  chevronRight,
  circleCheck,
  code,
  console,
  copy,
  disc,
  download,
  ellipsis,
  file,
  fileText,
  filter,
  folder,
  folderPlus,
  gauge,
  globe,
  grid,
  help,
  image,
  info,
  key,
  loader,
  maximize,
  menu,
  network,
  overview,
  paste: chat,
  pause,
  pencil,
  play,
  plus,
  power,
  redo,
  search,
  server,
  sheet,
  signOut,
  terminal,
  trash,
  triangle,
  upload,
  video,
  window,
  x,
};

export type IconName = keyof typeof raw;

/** The lines of each icon, without the frame. Lucide, ISC licence; see NOTICE. */
export const icons = Object.fromEntries(
  Object.entries(raw).map(([name, svg]) => [name, inner(svg)]),
) as Record<IconName, string>;
