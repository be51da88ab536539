// Stands for style sheets and for icons that would be fetched from a server.
module.exports = () => null;
